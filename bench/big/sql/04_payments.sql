-- payments and refunds

-- A split bill has two payments, and takes the one that an unpaid order has not.
INSERT INTO payments_payment
    (id, store_id, order_id, device_id, stripe_account, destination, method, amount, currency,
     capture_method, fee_plan_id, application_fee_amount, tip_amount, share_number, share_count,
     intent_amount, payment_intent_id, status, amount_capturable, amount_received,
     amount_authorized, amount_refunded, amount_disputed, latest_charge_id, card, capture_before,
     state, code, message, attention, created_at, updated_at, moved_at, ended_at, compared_at,
     last_error)
SELECT row_number() OVER (ORDER BY sale.id, part), sale.store, sale.id, o.device_id,
       CASE WHEN is_cash THEN '' ELSE shop.own END, CASE WHEN is_cash THEN '' ELSE shop.destination END,
       CASE WHEN is_cash THEN 'cash' ELSE 'card' END, amount, o.currency,
       CASE WHEN shop.manual AND NOT is_cash THEN 'manual' ELSE 'automatic' END,
       CASE WHEN NOT is_cash THEN shop.account_id END,
       CASE WHEN is_cash THEN 0 ELSE least(amount, round(amount * 0.015)::bigint + 5) END, tip,
       CASE WHEN kind = 'split' THEN part END, CASE WHEN kind = 'split' THEN 2 END,
       CASE WHEN NOT is_cash THEN amount END,
       CASE WHEN NOT is_cash THEN 'pi_big' || sale.id || 'p' || part END,
       CASE WHEN is_taken THEN 'succeeded' WHEN kind = 'approved' THEN 'requires_capture'
            WHEN kind = 'canceled' THEN 'canceled' ELSE 'requires_payment_method' END,
       CASE WHEN kind = 'approved' THEN amount ELSE 0 END,
       CASE WHEN is_taken THEN amount + tip ELSE 0 END,
       CASE WHEN is_taken OR kind = 'approved' THEN amount ELSE 0 END,
       CASE kind WHEN 'refunded' THEN amount + tip WHEN 'part_refunded' THEN o.refunded_amount
                 ELSE 0 END,
       CASE WHEN kind = 'paid' AND mod(sale.id, 3000) = 7 THEN amount + tip ELSE 0 END,
       CASE WHEN is_taken AND NOT is_cash OR kind = 'approved'
            THEN 'ch_big' || sale.id || 'p' || part ELSE '' END,
       CASE WHEN is_cash OR NOT (is_taken OR kind = 'approved') THEN '{}'::jsonb
            ELSE jsonb_build_object('type', 'card_present',
                'brand', pg_temp.one_of('{visa,visa,visa,mastercard,mastercard,amex}',
                                        pg_temp.draw(sale.n, 21)),
                'last4', lpad(floor(10000 * pg_temp.draw(sale.n * 2 + part, 22))::text, 4, '0'),
                'funding', pg_temp.one_of('{credit,debit,debit}', pg_temp.draw(sale.n, 23)),
                'country', shop.country, 'exp_month', 1 + mod(sale.n, 12), 'exp_year', 2029,
                'read_method', 'contactless_emv') END,
       CASE WHEN kind = 'approved' THEN sale.at + interval '48 hours' END,
       CASE kind WHEN 'split' THEN 'paid' WHEN 'cash' THEN 'paid' WHEN 'part_refunded' THEN 'paid'
                 WHEN 'attention' THEN 'needs_attention' WHEN 'waiting' THEN 'waiting_for_card'
                 ELSE kind END,
       CASE WHEN kind = 'declined' THEN 'card_declined' ELSE '' END,
       CASE kind WHEN 'canceled' THEN 'Canceled. Nothing was charged.'
                 WHEN 'cash' THEN 'Paid in cash.'
                 WHEN 'refunded' THEN 'Refunded.'
                 WHEN 'approved' THEN 'Approved, not captured yet. Capture or release it.'
                 WHEN 'declined' THEN 'The card was declined. Try another card, or cancel.'
                 WHEN 'waiting' THEN 'The customer presents a card on the reader.'
                 WHEN 'checking' THEN 'Checking with Stripe. Take no other payment.'
                 WHEN 'attention' THEN 'A person has to look at it.'
                 ELSE 'Paid.' END,
       CASE WHEN kind = 'attention' THEN 'Stripe shows another amount than we asked for.'
            ELSE '' END,
       sale.at, ended, ended, CASE WHEN is_taken OR kind = 'canceled' THEN ended END,
       CASE WHEN NOT is_cash AND sale.at < %(now)s - interval '1 day' THEN ended END,
       CASE WHEN kind = 'declined' THEN '{"code": "card_declined"}'::jsonb ELSE '{}' END
FROM sale
JOIN shop ON shop.id = sale.store
JOIN stores_order o ON o.id = sale.id
CROSS JOIN LATERAL generate_series(1, CASE kind WHEN 'unpaid' THEN 0 WHEN 'split' THEN 2
                                                ELSE 1 END) AS part
CROSS JOIN LATERAL (
    SELECT kind = 'cash' AS is_cash,
           kind IN ('paid', 'cash', 'split', 'refunded', 'part_refunded') AS is_taken,
           CASE WHEN kind <> 'split' THEN o.total_amount
                WHEN part = 1 THEN o.total_amount / 2
                ELSE o.total_amount - o.total_amount / 2 END AS amount,
           sale.at + interval '40 seconds' AS ended
) AS how
CROSS JOIN LATERAL (
    SELECT CASE WHEN shop.country = 'US' AND kind IN ('paid', 'refunded')
                     AND pg_temp.draw(sale.n, 20) < 0.3
                THEN round(amount * 0.18)::bigint ELSE 0 END AS tip
) AS tipped;

INSERT INTO payments_refund
    (store_id, payment_id, user_id, method, amount, reason, refund_id, charge_id, status, code,
     created_at, updated_at, ended_at)
SELECT store_id, id, 3 + (store_id - 1) * 5, method, amount_refunded, 'requested_by_customer',
       're_big' || id, latest_charge_id, 'succeeded', '', at, at, at
FROM payments_payment
CROSS JOIN LATERAL (SELECT least(ended_at + pg_temp.draw(id, 24) * interval '9 days', %(now)s)
                    AS at) AS when_asked
WHERE amount_refunded > 0
ORDER BY at;

-- Of two refunds one was made by line: all that was sold, or a piece of the first line.
INSERT INTO payments_refundline
    (store_id, refund_id, payment_id, order_id, line_id, quantity, amount, tax_amount)
SELECT r.store_id, r.id, p.id, p.order_id, l.id, pieces, l.total_amount * pieces / l.quantity,
       l.tax_amount * pieces / l.quantity
FROM payments_refund r
JOIN payments_payment p ON p.id = r.payment_id
JOIN stores_order o ON o.id = p.order_id
JOIN stores_orderline l ON l.order_id = o.id
CROSS JOIN LATERAL (SELECT CASE WHEN r.amount = o.total_amount THEN l.quantity ELSE 1 END AS pieces)
                   AS counted
WHERE mod(r.payment_id, 2) = 0 AND (r.amount = o.total_amount
   OR (l.position = 1 AND r.amount = l.total_amount / l.quantity));

INSERT INTO payments_refund
    (store_id, payment_id, user_id, method, amount, reason, refund_id, charge_id, status, code,
     message, created_at, updated_at, ended_at)
SELECT store_id, id, 3 + (store_id - 1) * 5, 'card', amount, 'duplicate', NULL,
       latest_charge_id, 'refused', 'charge_already_refunded', 'Stripe did not make it.', ended_at,
       ended_at, ended_at
FROM payments_payment
WHERE state = 'paid' AND method = 'card' AND mod(id, 2500) = 11;
