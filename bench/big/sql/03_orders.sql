-- orders and their lines

-- What each sale will be. Large stores have low numbers; ids follow the time.
CREATE TEMP TABLE drawn AS
SELECT row_number() OVER (ORDER BY at, n) AS id, n, store, at, 1 + floor(4 * pg_temp.draw(n, 13)
       * pg_temp.draw(n, 13))::int AS lines
FROM (
    SELECT n, s.id AS store,
           CASE WHEN planned < %(now)s THEN planned ELSE planned - interval '1 day' END AS at
    FROM generate_series(1, %(orders)s::bigint) AS n
    JOIN shop s ON s.id = 1 + floor(%(stores)s * pg_temp.draw(n, 10) * pg_temp.draw(n, 10))::bigint
    CROSS JOIN LATERAL (
        SELECT (date_trunc('day', %(now)s AT TIME ZONE s.timezone)
                - floor(%(days)s * pg_temp.draw(n, 11)) * interval '1 day'
                + interval '8 hours'
                + (pg_temp.draw(n, 12) + pg_temp.draw(n, 14)) * interval '6 hours 30 minutes')
               AT TIME ZONE s.timezone AS planned
    ) AS plan
) AS drawn;

CREATE TEMP TABLE sale AS
SELECT drawn.*, CASE
    WHEN mod(drawn.id, 500) = 0 THEN 'unpaid'
    WHEN mod(drawn.id, 500) = 499 THEN 'split'
    WHEN at > %(now)s - interval '5 minutes' THEN 'waiting'
    WHEN shop.manual AND at > %(now)s - interval '47 hours' AND luck < 0.5 THEN 'approved'
    WHEN at > %(now)s - interval '20 hours' AND luck < 0.02 THEN 'declined'
    WHEN at > %(now)s - interval '2 hours' AND luck < 0.03 THEN 'checking'
    WHEN at > %(now)s - interval '30 days' AND luck > 0.998 THEN 'attention'
    WHEN luck < 0.03 THEN 'canceled'
    WHEN luck < 0.045 THEN 'refunded'
    WHEN luck < 0.055 THEN 'part_refunded'
    WHEN luck < 0.115 THEN 'cash'
    ELSE 'paid' END AS kind
FROM drawn
JOIN shop ON shop.id = drawn.store
CROSS JOIN LATERAL (SELECT pg_temp.draw(drawn.n, 15) AS luck) AS lucky;
ANALYZE sale;

INSERT INTO stores_orderline
    (order_id, store_id, position, product_id, description, unit_amount, quantity, tax_rate_ppm,
     net_amount, tax_amount, total_amount)
SELECT sale.id, sale.store, position, p.id, p.name, p.unit_amount, quantity, p.tax_rate_ppm,
       price - CASE WHEN shop.prices_include_tax THEN tax ELSE 0 END, tax,
       price + CASE WHEN shop.prices_include_tax THEN 0 ELSE tax END
FROM sale
JOIN shop ON shop.id = sale.store
CROSS JOIN LATERAL generate_series(1, sale.lines) AS position
JOIN stores_product p ON p.id = shop.first_product
     + floor(shop.products * pg_temp.draw(sale.n * 8 + position, 16))::bigint
CROSS JOIN LATERAL (SELECT 1 + floor(2.2 * pg_temp.draw(sale.n * 8 + position, 17)
                                     * pg_temp.draw(sale.n, 18))::int AS quantity) AS drawn
CROSS JOIN LATERAL (SELECT p.unit_amount * quantity AS price) AS priced
CROSS JOIN LATERAL (SELECT round(price * p.tax_rate_ppm::numeric
                                 / (1000000 + CASE WHEN shop.prices_include_tax
                                                   THEN p.tax_rate_ppm ELSE 0 END))::bigint AS tax
                   ) AS taxed;

INSERT INTO stores_order
    (id, store_id, number, status, currency, net_amount, tax_amount, total_amount, paid_amount,
     held_amount, refunded_amount, device_id, created_at, updated_at, paid_at)
SELECT sale.id, sale.store, row_number() OVER (PARTITION BY sale.store ORDER BY sale.id),
       CASE WHEN is_paid THEN 'paid' WHEN kind = 'canceled' THEN 'canceled' ELSE 'open' END,
       shop.currency, net, tax, total, CASE WHEN is_paid THEN total ELSE 0 END,
       CASE WHEN kind = 'approved' THEN total ELSE 0 END,
       CASE WHEN kind = 'refunded' THEN total
            WHEN kind <> 'part_refunded' THEN 0
            ELSE greatest(CASE WHEN piece < total THEN piece ELSE total / 3 END, 1) END,
       (sale.store - 1) * 10 + 1 + floor(10 * pg_temp.draw(sale.n, 19))::bigint, sale.at,
       sale.at + interval '40 seconds', CASE WHEN is_paid THEN sale.at + interval '40 seconds' END
FROM sale
JOIN shop ON shop.id = sale.store
JOIN (SELECT order_id, sum(net_amount) AS net, sum(tax_amount) AS tax, sum(total_amount) AS total,
             min(total_amount / quantity) FILTER (WHERE position = 1) AS piece
      FROM stores_orderline GROUP BY order_id) AS summed ON summed.order_id = sale.id
CROSS JOIN LATERAL (SELECT kind IN ('paid', 'cash', 'split', 'refunded', 'part_refunded')
                    AS is_paid) AS how;
