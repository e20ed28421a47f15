-- fees, disputes, customers, comparisons and incidents

INSERT INTO payments_feemovement
    (object_id, fee_id, kind, account_id, store_id, payment_id, charge_id, amount, currency,
     created_at)
SELECT 'fee_big' || p.id, 'fee_big' || p.id, 'application_fee', s.account_id, p.store_id, p.id,
       p.latest_charge_id, p.application_fee_amount, p.currency, p.ended_at
FROM payments_payment p
JOIN shop s ON s.id = p.store_id
WHERE p.status = 'succeeded' AND p.application_fee_amount > 0
ORDER BY p.id;

INSERT INTO payments_feemovement
    (object_id, fee_id, kind, account_id, store_id, payment_id, charge_id, amount, currency,
     created_at)
SELECT 'fr_big' || p.id, 'fee_big' || p.id, 'application_fee_refund', s.account_id, p.store_id,
       p.id, p.latest_charge_id, -p.application_fee_amount, p.currency,
       least(p.ended_at + interval '3 days', %(now)s)
FROM payments_payment p
JOIN shop s ON s.id = p.store_id
WHERE p.state = 'refunded' AND p.application_fee_amount > 0;

INSERT INTO payments_dispute
    (store_id, payment_id, dispute_id, charge_id, amount, reason, status, respond_before,
     created_at, updated_at, ended_at)
SELECT store_id, id, 'du_big' || id, latest_charge_id, amount_disputed, 'fraudulent',
       CASE WHEN is_old THEN 'lost' ELSE 'needs_response' END, ended_at + interval '50 days',
       ended_at + interval '20 days', ended_at + interval '20 days',
       CASE WHEN is_old THEN ended_at + interval '45 days' END
FROM payments_payment
CROSS JOIN LATERAL (SELECT ended_at < %(now)s - interval '45 days' AS is_old) AS age
WHERE amount_disputed > 0;

INSERT INTO payments_incident
    (store_id, payment_id, stripe_account, kind, message, created_at, resolved_at, resolved_by_id,
     resolution)
SELECT store_id, id, stripe_account, 'differs_from_stripe',
       'Stripe shows another amount than we asked for. Compare both, then resolve this.', moved_at,
       CASE WHEN attention = '' THEN moved_at + interval '1 day' END,
       CASE WHEN attention = '' THEN 3 + (store_id - 1) * 5 END,
       CASE WHEN attention = '' THEN 'Compared, and the books are right.' ELSE '' END
FROM payments_payment
WHERE attention <> '' OR (method = 'card' AND mod(id, 600) = 3 AND ended_at IS NOT NULL)
ORDER BY moved_at;

INSERT INTO payments_customer (id, store_id, stripe_account, stripe_id, name, email, created_at)
SELECT row_number() OVER (ORDER BY id), store_id, stripe_account, 'cus_big' || id,
       pg_temp.one_of('{Ada,Ben,Chloé,Dara,Emil,Farah,Gus,Hana,Ivo,Jun}', pg_temp.draw(id, 26))
       || ' ' || pg_temp.one_of('{Abbott,Bauer,Chen,Dubois,Evans,Fischer,Garcia,Hughes,Ito,Khan}',
                                pg_temp.draw(id, 27)),
       'customer' || id || '@example.com', created_at
FROM payments_payment WHERE state = 'paid' AND method = 'card' AND mod(id, 45) = 5;

INSERT INTO payments_savedcard
    (store_id, customer_id, stripe_account, allow_redisplay, consent_at, setup_intent_id, status,
     payment_method_id, brand, last4, exp_month, exp_year, created_at, ended_at)
SELECT store_id, id, stripe_account, 'always', created_at, 'seti_big' || id, 'succeeded',
       'pm_big' || id, 'visa', lpad(mod(id * 37, 10000)::text, 4, '0'), 4, 2029, created_at,
       created_at
FROM payments_customer;

INSERT INTO payments_approval
    (store_id, payment_id, amount, reason, note, device_id, created_at, expires_at, status,
     decided_at, decided_by_id)
SELECT store_id, id, amount, 'requested_by_customer', 'The customer brought it back.', device_id,
       ended_at, ended_at + interval '24 hours', 'declined', ended_at + interval '1 hour',
       3 + (store_id - 1) * 5
FROM payments_payment WHERE state = 'paid' AND method = 'card' AND mod(id, 2000) = 13;

INSERT INTO payments_reconciliation
    (stripe_account, since, until, step, counted, differences, started_at, claimed_until,
     finished_at)
SELECT account, at - interval '3 days', at, 'done', '{"payment_intents": 7000}', 0, at, at,
       at + interval '4 minutes'
FROM generate_series(%(now)s - %(days)s * interval '1 day', %(now)s, interval '1 day') AS at
CROSS JOIN unnest(ARRAY['', 'acct_bigharborpine', 'acct_bigerable']) AS account;

INSERT INTO payments_difference
    (reconciliation_id, store_id, payment_id, kind, object_id, message, outcome, resolution,
     found_at, settled_at)
SELECT r.id, p.store_id, p.id, 'amount', p.payment_intent_id,
       'Stripe says it received another amount.', 'mended', 'Read anew: the same on both sides.',
       r.until, r.until
FROM payments_payment p
JOIN LATERAL (SELECT id, until FROM payments_reconciliation
              WHERE until > p.ended_at ORDER BY until LIMIT 1) AS r ON true
WHERE p.method = 'card' AND mod(p.id, 1500) = 17 AND p.ended_at IS NOT NULL;

INSERT INTO terminal_chargemodelswitch
    (store_id, from_model, to_model, from_account, reason, user_id, created_at, finished_at)
SELECT id, 'destination', 'direct', '', 'They have a Stripe account of their own now.', 1,
       %(now)s - interval '390 days', %(now)s - interval '390 days'
FROM shop WHERE own <> '' AND mod(id, 30) = 4;

INSERT INTO stores_clientrequest
    (store_id, device_id, key, fingerprint, resource_id, created_at)
SELECT store_id, device_id, 'order-' || id, encode(sha256(('order' || id)::bytea), 'hex'), id,
       created_at
FROM stores_order WHERE created_at > %(now)s - interval '7 days'
ORDER BY id;
