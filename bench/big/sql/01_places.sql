-- accounts, stores, locations, tablets and products

-- The same number for the same row and question at every run, in [0, 1).
CREATE FUNCTION pg_temp.draw(n bigint, question bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS
$$ SELECT (hashint8extended(n, question) & 2147483647)::float8 / 2147483648 $$;

CREATE FUNCTION pg_temp.one_of(words text[], at float8) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT words[1 + floor(at * array_length(words, 1))::int] $$;

INSERT INTO stores_account
    (id, stripe_id, name, country, default_currency, charges_enabled, payouts_enabled,
     details_submitted, card_payments, transfers, email, dashboard, read_at)
SELECT id, stripe_id, name, country, currency, true, true, true, 'active', 'active',
       'office@example.com', 'full', %(now)s
FROM (VALUES (1, 'acct_bigharborpine', 'Harbor & Pine Coffee Co.', 'US', 'usd'),
             (2, 'acct_bigthistlerye', 'Thistle & Rye Ltd', 'GB', 'gbp'),
             (3, 'acct_bigerable', 'Érable & Co. inc.', 'CA', 'cad'),
             (4, 'acct_biglinde', 'Lindenhof Märkte GmbH', 'DE', 'eur'))
     AS account (id, stripe_id, name, country, currency);

INSERT INTO payments_feeplan
    (id, account_id, currency, basis_points, fixed_amount, effective_from, reason)
SELECT id, id, default_currency, 150, 5, %(now)s - interval '500 days', 'As agreed'
FROM stores_account;

INSERT INTO stores_store
    (id, account_id, name, country, currency, timezone, charge_model, capture_method,
     prices_include_tax)
SELECT n, a.id,
       split_part(a.name, ' ', 1) || ', '
           || pg_temp.one_of('{Water Street,Market Square,Station Road,Mill Lane,Harbour Street,'
              'Elm Avenue,Kings Road,Park Row,Bridge Street,Garden Walk,Castle Hill,Quay Side,'
              'Church Lane,Orchard Place,Foundry Yard,Lake Shore,Union Square,Maple Street}',
              pg_temp.draw(n, 1))
           || ' ' || n,
       a.country, a.default_currency,
       pg_temp.one_of(CASE a.country
           WHEN 'US' THEN '{America/New_York,America/Chicago,America/Denver,America/Los_Angeles}'
           WHEN 'CA' THEN '{America/Toronto,America/Vancouver}'
           WHEN 'GB' THEN '{Europe/London}'
           ELSE '{Europe/Berlin}' END::text[], pg_temp.draw(n, 2)),
       CASE WHEN a.country IN ('US', 'CA') THEN 'direct' ELSE 'destination' END,
       CASE WHEN mod(n, 8) = 1 THEN 'manual' ELSE 'automatic' END,
       a.country IN ('GB', 'DE')
FROM generate_series(1, %(stores)s::bigint) AS n
JOIN stores_account a ON a.id = CASE WHEN mod(n, 20) < 11 THEN 1 WHEN mod(n, 20) < 15 THEN 2
                                     WHEN mod(n, 20) < 18 THEN 3 ELSE 4 END;

INSERT INTO stores_location
    (id, store_id, display_name, line1, city, state, postal_code, country, stripe_id,
     stripe_account)
SELECT (s.id - 1) * 3 + k,
       s.id, s.name || pg_temp.one_of('{", ground floor",", first floor",", courtyard"}',
                                      (k - 1) / 3.0::float8),
       mod(s.id * 7, 300) + 1 || ' Main Street',
       CASE s.country WHEN 'US' THEN 'New York' WHEN 'GB' THEN 'London'
                      WHEN 'CA' THEN 'Toronto' ELSE 'Berlin' END,
       CASE s.country WHEN 'US' THEN 'NY' WHEN 'CA' THEN 'ON' ELSE '' END,
       CASE s.country WHEN 'US' THEN '10001' WHEN 'GB' THEN 'E1 6EA'
                      WHEN 'CA' THEN 'M5V 2T6' ELSE '10115' END,
       s.country, 'tml_big' || (s.id - 1) * 3 + k,
       CASE s.charge_model WHEN 'direct' THEN a.stripe_id ELSE '' END
FROM stores_store s
JOIN stores_account a ON a.id = s.account_id
CROSS JOIN generate_series(1, 3) AS k;

INSERT INTO stores_device (id, store_id, name, token_hash, last_seen_at)
SELECT (s.id - 1) * 10 + k, s.id, 'Tablet ' || k,
       encode(sha256(('big' || s.id || '.' || k)::bytea), 'hex'),
       %(now)s - pg_temp.draw(s.id * 10 + k, 3) * interval '2 days'
FROM stores_store s
CROSS JOIN generate_series(1, 10) AS k;

-- Products of a store have ids in a row.
INSERT INTO stores_product (id, store_id, sku, name, unit_amount, tax_rate_ppm, tip_eligible)
SELECT row_number() OVER (ORDER BY s.id, article.sku), s.id, article.sku, article.name,
       article.unit_amount, article.tax_rate_ppm, article.tip_eligible
FROM stores_store s
JOIN jsonb_to_recordset(%(articles)s::jsonb) AS article
     (country text, sku text, name text, unit_amount bigint, tax_rate_ppm int, tip_eligible bool)
  ON article.country = s.country;

CREATE TEMP TABLE shop AS
SELECT s.id, s.account_id, s.country, s.currency, s.timezone, s.capture_method = 'manual' AS manual,
       s.prices_include_tax, CASE s.charge_model WHEN 'direct' THEN a.stripe_id ELSE '' END AS own,
       CASE s.charge_model WHEN 'direct' THEN '' ELSE a.stripe_id END AS destination,
       min(p.id) AS first_product, count(p.id) AS products
FROM stores_store s
JOIN stores_account a ON a.id = s.account_id
JOIN stores_product p ON p.store_id = s.id
GROUP BY s.id, a.id;
ANALYZE shop;
