-- the log: how each payment ended, and of the recent ones every step

INSERT INTO stores_logentry
    (store_id, at, order_id, payment_id, reader_id, subject, subject_id, verb, old, new, message,
     actor_kind, device_id, data)
SELECT store_id, at, order_id, payment_id, reader_id, subject, subject_id, verb, old, new, message,
       actor_kind, device_id, data
FROM (
    SELECT p.store_id, p.updated_at AS at, p.order_id, p.id AS payment_id,
           NULL::bigint AS reader_id, 'payment' AS subject, p.id AS subject_id, 'state' AS verb,
           'waiting_for_card' AS old, p.state AS new, p.message, 'stripe' AS actor_kind,
           NULL::bigint AS device_id, jsonb_build_object('amount', p.amount) AS data, 3 AS step
    FROM payments_payment p
    UNION ALL
    SELECT l.store, l.at, l.order_id, NULL, NULL, 'order', l.order_id, 'created', '', 'open',
           'The order was opened.', 'device', l.device_id, '{}', 0
    FROM lately l
    UNION ALL
    SELECT l.store, l.at, l.order_id, l.payment, NULL, 'payment', l.payment, 'created', '',
           'sending', 'The payment was started.', 'device', l.device_id, '{}', 1
    FROM lately l
    UNION ALL
    SELECT l.store, l.at + interval '400 milliseconds', l.order_id, l.payment, l.reader,
           'reader_action', l.n, 'in_progress', 'requested', 'in_progress',
           'The reader asks for a card.', 'system', NULL, '{}', 2
    FROM lately l
) AS told
ORDER BY at, step;
