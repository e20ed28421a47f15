"""What Stripe leaves out of its objects here, and enumerations that are not closed.

The SDK for Python marks as Optional both what may be null and what may be absent. npm's `stripe`
tells them apart (`field?: …`): every name here is one of those, and no field that it calls
required is.
"""

# Said of an object only in the answer to its DELETE.
DELETED = "deleted"

# "*" is every field that the SDK calls Optional, "{}" every one of those that is a hash: tables
# of which only the rows that apply are shown, and hashes that say back only what was sent.
LEFT_OUT: dict[str, set[str]] = {
    # one row per type of payment method, of action, of dispute
    "Charge.PaymentMethodDetails": {"*"},
    "Dispute.PaymentMethodDetails": {"*"},
    "PaymentIntent.NextAction": {"*"},
    "PaymentIntent.PaymentMethodOptions": {"*"},
    "PaymentMethod": {"{}"},
    "PaymentMethod.Card.GeneratedFrom.PaymentMethodDetails": {"*"},
    "Refund.DestinationDetails": {"*"},
    "SetupAttempt.PaymentMethodDetails": {"*"},
    "SetupIntent.NextAction": {"*"},
    "SetupIntent.PaymentMethodOptions": {"*"},
    "terminal.Reader.Action": {"{}"},
    "terminal.Reader.Action.CollectInputs.Input": {"*"},
    # an error has the fields that belong to it
    "PaymentIntent.LastPaymentError": {"*"},
    "SetupAttempt.SetupError": {"*"},
    "SetupIntent.LastSetupError": {"*"},
    "terminal.Reader.Action.ApiError": {"*"},
    # said back as it was sent
    "PaymentIntent.Shipping": {"*"},
    "Charge.Shipping": {"*"},
    "Customer.Shipping": {"*"},
    "PaymentIntent.PaymentMethodOptions.Affirm": {"*"},
    "PaymentIntent.PaymentMethodOptions.Card": {
        *("capture_method", "require_cvc_recollection", "setup_future_usage"),
        *("request_extended_authorization", "request_incremental_authorization"),
        *("request_multicapture", "request_overcapture"),
        *("statement_descriptor_suffix_kana", "statement_descriptor_suffix_kanji"),
    },
    "PaymentIntent.PaymentMethodOptions.CardPresent": {"capture_method", "routing"},
    "PaymentIntent.PaymentMethodOptions.Paynow": {"*"},
    "PaymentIntent.PaymentMethodOptions.WechatPay": {"setup_future_usage"},
    "PaymentIntent.TransferData": {"*"},
    "terminal.Reader.Action.CollectPaymentMethod": {"*"},
    "terminal.Reader.Action.CollectPaymentMethod.CollectConfig": {"*"},
    "terminal.Reader.Action.ConfirmPaymentIntent": {"confirm_config"},
    "terminal.Reader.Action.ConfirmPaymentIntent.ConfirmConfig": {"*"},
    "terminal.Reader.Action.ProcessPaymentIntent": {"process_config"},
    "terminal.Reader.Action.ProcessPaymentIntent.ProcessConfig": {"*"},
    "terminal.Reader.Action.ProcessSetupIntent": {"generated_card", "process_config"},
    "terminal.Reader.Action.ProcessSetupIntent.ProcessConfig": {"*"},
    "terminal.Reader.Action.RefundPayment": {"*"},
    "terminal.Reader.Action.RefundPayment.RefundPaymentConfig": {"*"},
    "terminal.Configuration": {"*"},
    "terminal.Configuration.Tipping": {"*"},
    "terminal.Configuration.Tipping.Usd": {"*"},
    "terminal.Configuration.Wifi": {"*"},
    "terminal.Configuration.Wifi.EnterpriseEapPeap": {"ca_certificate_file"},
    "terminal.Configuration.Wifi.EnterpriseEapTls": {
        *("ca_certificate_file", "private_key_file_password"),
    },
    # only when expanded: the lists of a charge's refunds, of a customer's cards and plans
    "Charge": {"refunds", "level3", "presentment_details", "transfer"},
    "Customer": {
        *("sources", "subscriptions", "tax_ids", "tax", "cash_balance"),
        # products we do not simulate
        *("business_name", "individual_name", "customer_account", "invoice_credit_balance"),
    },
    # of fraud and risk, only what there is to say
    "Charge.FraudDetails": {"*"},
    "Charge.Outcome": {"risk_score", "rule"},
    "Charge.RadarOptions": {"session"},
    "PaymentMethod.RadarOptions": {"session"},
    # Stripe shows these to some, on request
    "PaymentMethod.Card": {"description", "iin", "issuer"},
    # previews and other products
    "PaymentIntent": {"hooks", "payment_details", "presentment_details"},
    "PaymentIntent.AmountDetails": {"*"},
    "PaymentIntent.AmountDetails.Tip": {"amount"},  # no tip was asked for
    "PaymentIntent.AutomaticPaymentMethods": {"allow_redirects"},
    "Refund": {
        *("description", "instructions_email", "next_action", "presentment_details"),
        # only of a refund that failed, or waits
        *("failure_balance_transaction", "failure_reason", "pending_reason"),
    },
    "Refund.DestinationDetails.Card": {"reference"},
    "SetupIntent": {"attach_to_self", "managed_payments"},
    # elsewhere than in Japan
    "terminal.Location": {
        *("address_kana", "address_kanji", "display_name_kana", "display_name_kanji"),
    },
    "terminal.ConnectionToken": {"location"},
    # what applies to the account's country, type and capabilities
    "Account": {"company", "individual", "groups"},
    "Account.BusinessProfile": {"minority_owned_business_designation", "monthly_estimated_revenue"},
    "Account.Capabilities": {"*"},
    "Account.Company": {"*"},
    "Account.Controller": {"*"},
    "Account.Settings": {"*"},
    "Account.Settings.Payouts.Schedule": {"*"},
    "Account.TosAcceptance": {"service_agreement"},
    "Balance": {"*"},
    "Balance.Available": {"*"},
    "Balance.Available.SourceTypes": {"*"},
    "Balance.ConnectReserved": {"*"},
    "Balance.InstantAvailable": {"*"},
    "Balance.InstantAvailable.SourceTypes": {"*"},
    "Balance.Pending": {"*"},
    "Balance.Pending.SourceTypes": {"*"},
    "ApplicationFee.FeeSource": {"*"},
    "BankAccount": {"*"},
    "Person": {"*"},
    "Person.Verification": {"*"},
    "Dispute.Evidence.EnhancedEvidence": {"*"},
    "Dispute.EvidenceDetails.EnhancedEligibility": {"*"},
    # only in the answer that makes it
    "WebhookEndpoint": {"secret"},
    "Event": {"account", "context"},  # only of a connected account's, of an organization's
    "Event.Data": {"previous_attributes"},  # only of *.updated
}

# The SDK lists the values of these, and Stripe sends others.
OPEN: set[str] = set()
