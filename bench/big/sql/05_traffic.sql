-- what was asked of Stripe and of readers lately, and what Stripe told

CREATE TEMP TABLE lately AS
SELECT row_number() OVER (ORDER BY p.id) AS n, p.id AS payment, p.store_id AS store, p.state,
       p.order_id, p.payment_intent_id AS intent, p.stripe_account, p.device_id,
       p.latest_charge_id AS charge, p.amount, p.currency, p.created_at AS at, p.uuid,
       p.store_id + %(stores)s * mod(
           row_number() OVER (PARTITION BY p.store_id ORDER BY p.id DESC) - 1,
           greatest(%(readers)s / %(stores)s, 1)) AS reader
FROM payments_payment p
WHERE p.method = 'card' AND p.created_at > %(now)s - %(recent)s * interval '1 day';
ANALYZE lately;

INSERT INTO payments_striperequest
    (id, store_id, payment_id, kind, path, params, stripe_account, idempotency_key, status, tries,
     next_try_at, first_sent_at, created_at, finished_at, http_status, stripe_request_id,
     object_id, milliseconds)
SELECT l.n * 2 - 1 + step, l.store, l.payment,
       CASE step WHEN 0 THEN 'payment_intent.create' ELSE 'reader.process_payment_intent' END,
       CASE step WHEN 0 THEN '/v1/payment_intents'
                 ELSE '/v1/terminal/readers/tmr_big' || l.reader || '/process_payment_intent' END,
       CASE step WHEN 0 THEN jsonb_build_object('amount', l.amount, 'currency', l.currency)
                 ELSE jsonb_build_object('payment_intent', l.intent) END,
       l.stripe_account,
       CASE step WHEN 0 THEN 'create:' || l.uuid ELSE 'process:' || l.uuid || ':1' END,
       'succeeded', 1, at, at, at, at + took * interval '1 millisecond', 200, 'req_big' || l.n * 2 + step,
       CASE step WHEN 0 THEN l.intent ELSE 'tmr_big' || l.reader END, took
FROM lately l
CROSS JOIN generate_series(0, 1) AS step
CROSS JOIN LATERAL (SELECT 80 + floor(300 * pg_temp.draw(l.n * 2 + step, 25))::int AS took) AS drawn;

INSERT INTO terminal_readeraction
    (id, store_id, reader_id, payment_id, request_id, device_id, type, attempt, status,
     failure_code, failure_message, decline_code, charge_id, requested_at, accepted_at, ended_at)
SELECT n, store, reader, payment, n * 2, device_id, 'process_payment_intent', 1,
       CASE state WHEN 'waiting_for_card' THEN 'in_progress' WHEN 'checking' THEN 'failed'
                  WHEN 'declined' THEN 'failed' WHEN 'needs_attention' THEN 'failed'
                  WHEN 'canceled' THEN 'canceled' ELSE 'succeeded' END,
       CASE state WHEN 'declined' THEN 'card_declined' WHEN 'checking' THEN 'connection_error'
                  WHEN 'needs_attention' THEN 'connection_error'
                  WHEN 'canceled' THEN 'action_canceled' ELSE '' END, '',
       CASE state WHEN 'declined' THEN 'insufficient_funds' ELSE '' END, charge, at,
       at + interval '400 milliseconds',
       CASE WHEN state <> 'waiting_for_card' THEN at + interval '40 seconds' END
FROM lately;

INSERT INTO payments_inboundevent
    (id, endpoint, stripe_account, event_id, type, object_id, created_at, received_at, body,
     status, tries, next_try_at, claimed_until, handled_at)
SELECT l.n * 2 - 1 + step, '00000000-0000-4000-8000-000000000000', l.stripe_account,
       'evt_big' || l.n * 2 + step, type, subject, told, told + interval '300 milliseconds',
       jsonb_build_object('id', 'evt_big' || l.n * 2 + step, 'object', 'event', 'type', type,
           'data', jsonb_build_object('object', jsonb_build_object('id', subject,
               'amount', l.amount, 'currency', l.currency, 'status', 'succeeded',
               'description', repeat('A word of what Stripe sends. ', 12))))::text,
       'handled', 1, told, told, told + interval '500 milliseconds'
FROM lately l
CROSS JOIN generate_series(0, 1) AS step
CROSS JOIN LATERAL (
    SELECT CASE step WHEN 0 THEN 'payment_intent.succeeded'
                     ELSE 'terminal.reader.action_succeeded' END AS type,
           CASE step WHEN 0 THEN l.intent ELSE 'tmr_big' || l.reader END AS subject,
           l.at + interval '39 seconds' AS told
) AS event
WHERE l.state IN ('paid', 'refunded');

-- Forms that customers filled in on a reader
INSERT INTO terminal_readeraction
    (id, store_id, reader_id, order_id, device_id, type, attempt, status, requested_at, ended_at)
SELECT (SELECT max(n) FROM lately) + row_number() OVER (ORDER BY n), store, reader, order_id,
       device_id, 'collect_inputs', 1, 'succeeded', at, at + interval '30 seconds'
FROM lately WHERE mod(n, 75) = 1 AND state = 'paid';

INSERT INTO terminal_collectedinputs
    (store_id, action_id, order_id, asked, inputs, receipt_email, created_at)
SELECT store_id, id, order_id,
       '[{"type": "email", "custom_text": {"title": "Your e-mail"}}]',
       '[{"type": "email", "custom_text": {"title": "Your e-mail"}, "skipped": false,
          "email": {"value": "jenny@example.com"}}]', 'jenny@example.com', ended_at
FROM terminal_readeraction WHERE type = 'collect_inputs';

-- How the newest readers came
INSERT INTO payments_striperequest
    (id, store_id, kind, path, params, stripe_account, idempotency_key, status, tries, created_at,
     first_sent_at, finished_at, http_status, stripe_request_id, object_id, milliseconds)
SELECT (SELECT max(n) * 2 FROM lately) + r.id, r.store_id, 'reader.create', '/v1/terminal/readers',
       '{}', r.stripe_account, 'reader:big' || r.id, 'succeeded', 1, at, at, at, 200,
       'req_bigreader' || r.id, r.stripe_id, 240
FROM terminal_reader r
CROSS JOIN LATERAL (SELECT %(now)s - r.id * interval '3 hours' AS at) AS made
WHERE r.id <= least(%(readers)s, 2000);

INSERT INTO terminal_readerregistration
    (store_id, location_id, label, request_id, reader_id, user_id, created_at)
SELECT r.store_id, r.location_id, r.label, q.id, r.id, 3 + (r.store_id - 1) * 5, q.created_at
FROM payments_striperequest q
JOIN terminal_reader r ON q.idempotency_key = 'reader:big' || r.id
WHERE q.kind = 'reader.create';
