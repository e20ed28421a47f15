"""However money moves, the books add up: over both models of Connect, with all that goes back."""

import random
from collections import Counter
from typing import Any

import pytest
import stripe

from .conftest import PLATFORM, on

DAY = 24 * 3600
FORGOTTEN = ("failed", "canceled")


class Shift:
    """Some days of business, at random but always the same for a seed."""

    def __init__(self, simulator, seed):
        self.simulator = simulator
        self.v1 = simulator.v1
        self.dice = random.Random(seed)
        self.shop = simulator.account()
        self.readers = {account: simulator.reader(account) for account in ("", self.shop)}
        # What was made, each with its account.
        self.held, self.paid, self.refunds, self.disputes, self.payouts = [], [], [], [], []
        self.done: Counter[str] = Counter()

    def work(self, steps):
        often = [self.sell, self.capture, self.refund]
        seldom = [self.cancel, self.dispute, self.decide, self.give_fee_back]
        seldom += [self.reverse, self.transfer, self.pay_out, self.fail_payout, self.fail_refund]
        while len(self.paid) < 3:
            self.sell()
        self.simulator.tell("clock", advance=2 * DAY)
        for _ in range(steps):
            act = self.dice.choice([*often, *often, *seldom, self.wait])
            try:
                self.done[act.__name__] += act() is not None
            except stripe.InvalidRequestError:
                self.done["refused"] += 1

    def sell(self):
        amount = self.dice.randrange(1000, 20_000, 10)
        params: dict[str, Any] = {
            "capture_method": self.dice.choice(["automatic", "automatic_async", "manual"])
        }
        account = self.dice.choice(["", self.shop])
        if account or self.dice.random() < 0.6:
            params["application_fee_amount"] = amount // self.dice.randrange(3, 30)
        if not account:
            params["transfer_data"] = {"destination": self.shop}
        if not account and "application_fee_amount" not in params:
            params["transfer_data"]["amount"] = amount // 2
        intent = self.simulator.intent(amount, account, **params)
        self.simulator.process(self.readers[account], intent, account)
        card = self.dice.choice(["visa", "mastercard", "amex", "refund_fail"])
        self.simulator.present(self.readers[account], card)
        held = params["capture_method"] == "manual"
        (self.held if held else self.paid).append((account, intent.id))
        if self.dice.random() < 0.7:
            self.simulator.tell("clock", advance=2)  # its asynchronous capture ends
        return intent

    def capture(self):
        account, id = self.take(self.held)
        intent = self.v1.payment_intents.retrieve(id, {}, on(account))
        params = {"amount_to_capture": self.dice.randrange(1, intent.amount + 1)}
        captured = self.v1.payment_intents.capture(id, params, on(account))
        self.paid.append((account, id))
        return captured

    def cancel(self):
        account, id = self.take(self.held)
        return self.v1.payment_intents.cancel(id, {}, on(account))

    def refund(self):
        account, id = self.one(self.paid)
        params = {"payment_intent": id}
        if self.dice.random() < 0.5:
            params["refund_application_fee"] = True
        if not account and self.dice.random() < 0.5:
            params["reverse_transfer"] = True
        if self.dice.random() < 0.6:
            params["amount"] = self.dice.randrange(1, 900)
        made = self.v1.refunds.create(params, on(account))
        self.refunds.append((account, made.id))
        return made

    def dispute(self):
        account, id = self.one(self.paid)
        inquiry = self.dice.random() < 0.3
        return self.ask("dispute", account, id, self.disputes, inquiry=inquiry)

    def decide(self):
        account, id = self.take(self.disputes)
        return self.ask("dispute_close", account, id, outcome=self.dice.choice(["won", "lost"]))

    def pay_out(self):
        account = self.dice.choice(["", self.shop])
        params = {"amount": self.dice.randrange(1, 3000), "currency": "usd"}
        made = self.v1.payouts.create(params, on(account))
        self.payouts.append((account, made.id))
        return made

    def fail_payout(self):
        return self.ask("payout_fail", *self.take(self.payouts))

    def fail_refund(self):
        return self.ask("refund_fail", *self.take(self.refunds))

    def give_fee_back(self):
        fee = self.one(self.v1.application_fees.list().data)
        params = {"amount": self.dice.randrange(1, 200)}
        return self.v1.application_fees.refunds.create(fee.id, params)

    def reverse(self):
        transfer = self.one(self.v1.transfers.list().data)
        params = {"amount": self.dice.randrange(1, 2000)}
        params["refund_application_fee"] = self.dice.random() < 0.5
        return self.v1.transfers.reversals.create(transfer.id, params)

    def transfer(self):
        params = {"amount": self.dice.randrange(1, 2000), "currency": "usd"}
        return self.v1.transfers.create(params | {"destination": self.shop})

    def wait(self):
        return self.simulator.tell("clock", advance=self.dice.choice([2, 3600, DAY // 3]))

    def one(self, made):
        if not made:
            raise stripe.InvalidRequestError("There is none yet.", None)
        return self.dice.choice(made)

    def take(self, made):
        """One of them, for the last time."""
        found = self.one(made)
        made.remove(found)
        return found

    def ask(self, act, account, id, made=None, **body):
        """What no bank would do now is refused, and that is fine here."""
        body |= {"account": account or PLATFORM, "id": id}
        response = self.simulator.http.post(f"/_simulator/dashboard/{act}", json=body)
        assert response.status_code in (200, 400), response.text
        if response.status_code == 400:
            return None
        if made is not None:
            made.append((account, response.json()["id"]))
        return response.json()


@pytest.fixture(params=[1, 2, 3])
def shift(simulator, request):
    simulator.tell("switches", automatic_payouts=request.param == 3)
    shift = Shift(simulator, request.param)
    shift.work(120)
    simulator.tell("clock", advance=2)  # asynchronous captures end
    return shift


def total(rows, field="amount", **wanted):
    return sum(row[field] for row in rows if all(row[name] == v for name, v in wanted.items()))


def test_the_books_add_up_after_a_shift(simulator, shift):
    acts = ("sell", "capture", "refund", "dispute", "reverse", "give_fee_back")
    assert all(shift.done[act] for act in acts), shift.done
    accounts = simulator.look("truth")["accounts"]
    for id, account in accounts.items():
        check_balance(simulator, id, account["balance_transactions"])
        check_charges(account)
        check_disputes(account)
        check_payouts(simulator, id, account)
    check_connect(accounts[PLATFORM], accounts[shift.shop])


def check_balance(simulator, id, transactions):
    """Every account's balance is the sum of what was booked, and of what has come of it."""
    balance = simulator.v1.balance.retrieve({}, on(id))
    available, pending = balance.available[0].amount, balance.pending[0].amount
    assert total(transactions, "net") == available + pending
    assert total(transactions, "net", status="available") == available
    for each in transactions:
        assert each["net"] == each["amount"] - each["fee"]
        assert each["fee"] == total(each["fee_details"])


def check_charges(account):
    """A charge counts the refunds that stand, and every one of them is booked."""
    booked = {each["id"]: each for each in account["balance_transactions"]}
    for charge in account["charges"]:
        refunds = [each for each in account["refunds"] if each["charge"] == charge["id"]]
        standing = [each for each in refunds if each["status"] not in FORGOTTEN]
        assert charge["amount_refunded"] == total(standing) <= charge["amount"]
        assert charge["refunded"] == (charge["amount_refunded"] == charge["amount"])
        if charge["captured"]:
            whole = booked[charge["balance_transaction"]]["amount"]
            reversals = [
                booked[each["balance_transaction"]]
                for each in refunds
                if each["balance_transaction"]
            ]
            back = total(reversals, reporting_category="partial_capture_reversal")
            assert whole + back == charge["amount_captured"]
        for each in refunds:
            sides = [each["balance_transaction"], each["failure_balance_transaction"]]
            sums = sum(booked[side]["amount"] for side in sides if side)
            stands = each["status"] == "succeeded" and charge["captured"]
            assert sums == (-each["amount"] if stands else 0)


def check_disputes(account):
    for each in account["disputes"]:
        taken = total(each["balance_transactions"], "net")
        free = each["status"] == "won" or each["status"].startswith("warning_")
        assert taken == (0 if free else -each["amount"] - 1500)


def check_payouts(simulator, id, account):
    gone = ("payout", "payout_failure", "payout_cancel")
    booked = sum(total(account["balance_transactions"], type=each) for each in gone)
    assert -booked == sum(
        each["amount"] for each in account["payouts"] if each["status"] not in FORGOTTEN
    )
    for each in account["payouts"]:
        if each["automatic"]:
            params = {"payout": each["id"], "limit": 100}
            listed = simulator.v1.balance_transactions.list(params, on(id)).data
            assert sum(each.net for each in listed) == 0


def check_connect(platform, shop):
    """What one account gives, the other gets."""
    ours, theirs = platform["balance_transactions"], shop["balance_transactions"]
    for fee in platform["application_fees"]:
        refunds = [each for each in platform["fee_refunds"] if each["fee"] == fee["id"]]
        assert fee["amount_refunded"] == total(refunds) <= fee["amount"]
    kept = total(platform["application_fees"]) - total(
        platform["application_fees"], "amount_refunded"
    )
    booked = total(ours, type="application_fee") + total(ours, type="application_fee_refund")
    paid = sum(total(each["fee_details"], type="application_fee") for each in theirs)
    assert kept == booked == paid - total(theirs, reporting_category="fee")
    for transfer in platform["transfers"]:
        reversals = [
            each for each in platform["transfer_reversals"] if each["transfer"] == transfer["id"]
        ]
        assert transfer["amount_reversed"] == total(reversals) <= transfer["amount"]
    sent = total(ours, type="transfer") + total(ours, type="transfer_refund")
    assert -sent == total(theirs, type="payment") + total(theirs, type="payment_refund")
