// What a shop does, with Stripe's official client for Node.js against the simulator alone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Stripe from 'stripe';
import { eventually, fillIn, listen, openShop, start } from './simulator.js';

const readers = (stripe) => stripe.terminal.readers;

describe('a shop', { timeout: 60_000 }, () => {
  let simulator, stripe;

  before(async () => {
    simulator = await start();
    stripe = simulator.stripe;
  });
  after(() => simulator.stop());

  const present = (reader, params = {}, on = {}) =>
    stripe.testHelpers.terminal.readers.presentPaymentMethod(reader.id, params, on);
  const pay = (params = {}, on = {}) =>
    stripe.paymentIntents.create(
      {
        amount: 4000,
        currency: 'usd',
        payment_method_types: ['card_present'],
        capture_method: 'manual',
        ...params,
      },
      on,
    );

  test('sells something and captures it', async () => {
    const reader = await openShop(stripe);
    const intent = await pay({ metadata: { order: '7' } });

    const waiting = await readers(stripe).processPaymentIntent(reader.id, {
      payment_intent: intent.id,
    });
    assert.equal(waiting.action.status, 'in_progress');
    const done = await present(reader);
    assert.equal(done.action.status, 'succeeded');

    const held = await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] });
    assert.equal(held.status, 'requires_capture');
    assert.equal(held.latest_charge.payment_method_details.card_present.last4, '4242');
    assert.deepEqual({ ...held.latest_charge.metadata }, { order: '7' });
    const sold = await stripe.paymentIntents.capture(intent.id);
    assert.equal(sold.status, 'succeeded');
    assert.equal(sold.amount_received, 4000);
  });

  test('declines a card, and takes another for the same payment', async () => {
    const reader = await openShop(stripe);
    const intent = await pay({ capture_method: 'automatic' });
    await readers(stripe).processPaymentIntent(reader.id, { payment_intent: intent.id });
    const number = '4000000000009995';
    const failed = await present(reader, { type: 'card_present', card_present: { number } });

    assert.equal(failed.action.failure_code, 'card_declined');
    const { last_payment_error: error } = await stripe.paymentIntents.retrieve(intent.id);
    assert.equal(error.decline_code, 'insufficient_funds');

    await readers(stripe).processPaymentIntent(reader.id, { payment_intent: intent.id });
    await present(reader);
    assert.equal((await stripe.paymentIntents.retrieve(intent.id)).status, 'succeeded');
  });

  test('collects a card, looks at it, and confirms', async () => {
    const reader = await openShop(stripe);
    const intent = await pay({ capture_method: 'automatic' });
    await readers(stripe).collectPaymentMethod(reader.id, { payment_intent: intent.id });
    const collected = await present(reader);

    const card = collected.action.collect_payment_method.payment_method.card_present;
    assert.equal(card.brand, 'visa');
    assert.equal(
      (await stripe.paymentIntents.retrieve(intent.id)).status,
      'requires_confirmation',
    );
    await readers(stripe).confirmPaymentIntent(reader.id, { payment_intent: intent.id });
    await eventually(
      async () => (await stripe.paymentIntents.retrieve(intent.id)).status === 'succeeded',
    );
  });

  const onboard = async (country) => {
    const { id } = await stripe.accounts.create({
      country,
      capabilities: { card_payments: { requested: true }, transfers: { requested: true } },
      business_profile: { name: 'Diner', mcc: '5812' },
    });
    const link = await stripe.accountLinks.create({
      account: id,
      type: 'account_onboarding',
      return_url: 'https://shop.example/return',
      refresh_url: 'https://shop.example/refresh',
    });
    assert.equal(await fillIn(link.url), 'https://shop.example/return');
    // Being sent back proves nothing: Stripe verifies first.
    await eventually(async () => (await stripe.accounts.retrieve(id)).charges_enabled);
    assert.ok((await stripe.accounts.retrieve(id)).details_submitted);
    return { stripeAccount: id };
  };

  test('onboards an account, and adds the tip on the receipt when it captures', async () => {
    const on = await onboard('US');
    const reader = await openShop(stripe, { on });
    const intent = await pay({ application_fee_amount: 100 }, on);
    await readers(stripe).processPaymentIntent(reader.id, { payment_intent: intent.id }, on);
    await present(reader, {}, on);

    const tipped = await stripe.paymentIntents.capture(intent.id, { amount_to_capture: 4800 }, on);
    assert.equal(tipped.amount, 4800);
    const charge = await stripe.charges.retrieve(tipped.latest_charge, {}, on);
    const { amount_authorized, overcapture_supported } = charge.payment_method_details.card_present;
    assert.ok(overcapture_supported);
    assert.equal(charge.amount_captured - amount_authorized, 800);
    await assert.rejects(stripe.charges.retrieve(charge.id), { code: 'resource_missing' });
  });

  test('refunds a part', async () => {
    const reader = await openShop(stripe);
    const intent = await pay({ capture_method: 'automatic' });
    await readers(stripe).processPaymentIntent(reader.id, { payment_intent: intent.id });
    await present(reader);

    const refund = await stripe.refunds.create({ payment_intent: intent.id, amount: 1500 });
    assert.equal(refund.status, 'succeeded');
    const [charge] = (await stripe.charges.list({ payment_intent: intent.id })).data;
    assert.equal(charge.amount_refunded, 1500);
    await assert.rejects(stripe.refunds.create({ payment_intent: intent.id, amount: 9999 }));
  });

  test('refunds an Interac payment on the reader, with the card', async () => {
    const on = await onboard('CA');
    const reader = await openShop(stripe, { country: 'CA', on });
    const intent = await pay(
      {
        currency: 'cad',
        payment_method_types: ['card_present', 'interac_present'],
        capture_method: 'automatic',
      },
      on,
    );
    await readers(stripe).processPaymentIntent(reader.id, { payment_intent: intent.id }, on);
    await present(reader, { type: 'interac_present', interac_present: {} }, on);
    await assert.rejects(stripe.refunds.create({ payment_intent: intent.id }, on));

    await readers(stripe).refundPayment(
      reader.id,
      { payment_intent: intent.id, amount: 1000 },
      on,
    );
    const { action } = await present(reader, { type: 'interac_present', interac_present: {} }, on);
    assert.equal(action.status, 'succeeded');
    const refund = await stripe.refunds.retrieve(action.refund_payment.refund, {}, on);
    assert.equal(refund.amount, 1000);
  });

  test('verifies what a webhook brings', async () => {
    const listener = await listen();
    after(() => listener.close());
    const { secret } = await stripe.webhookEndpoints.create({
      url: listener.url,
      enabled_events: ['terminal.reader.action_succeeded'],
    });
    const reader = await openShop(stripe);
    const intent = await pay();
    await readers(stripe).processPaymentIntent(reader.id, { payment_intent: intent.id });
    await present(reader);

    const { body, signature } = await listener.next();
    const event = stripe.webhooks.constructEvent(body, signature, secret);
    assert.equal(event.data.object.action.process_payment_intent.payment_intent, intent.id);
    assert.throws(
      () => stripe.webhooks.constructEvent(body, signature, 'whsec_other'),
      Stripe.errors.StripeSignatureVerificationError,
    );
  });

  test('asks twice with one key, and gets one answer', async () => {
    const params = { amount: 500, currency: 'usd', payment_method_types: ['card_present'] };
    const idempotencyKey = 'order-7';
    const [first, second] = [
      await stripe.paymentIntents.create(params, { idempotencyKey }),
      await stripe.paymentIntents.create(params, { idempotencyKey }),
    ];
    assert.equal(first.id, second.id);
    assert.equal(second.lastResponse.headers['idempotent-replayed'], 'true');
  });
});
