-- people and readers

-- platform sees all, owner has the stores of one country, and each store a manager and four cashiers.
INSERT INTO auth_user
    (id, username, password, first_name, last_name, email, is_staff, is_superuser, is_active,
     date_joined)
SELECT n, CASE WHEN n = 1 THEN 'platform' WHEN n = 2 THEN 'owner'
               WHEN mod(n - 3, 5) = 0 THEN 'manager.' || (n - 3) / 5 + 1
               ELSE 'cashier.' || (n - 3) / 5 + 1 || '.' || mod(n - 3, 5) END,
       '!unusable',
       pg_temp.one_of('{Ada,Ben,Chloé,Dara,Emil,Farah,Gus,Hana,Ivo,Jun,Kira,Liam,Mona,Nils}',
                      pg_temp.draw(n, 4)),
       pg_temp.one_of('{Abbott,Bauer,Chen,Dubois,Evans,Fischer,Garcia,Hughes,Ito,Jansen,Khan}',
                      pg_temp.draw(n, 5)),
       '', true, n = 1, true, %(now)s - interval '400 days'
FROM generate_series(1, 2 + %(stores)s::bigint * 5) AS n;

INSERT INTO stores_membership (user_id, store_id, role)
SELECT 2, id, 'owner' FROM shop WHERE country = 'US'
UNION ALL
SELECT u.id, (u.id - 3) / 5 + 1, CASE WHEN mod(u.id - 3, 5) = 0 THEN 'manager' ELSE 'cashier' END
FROM auth_user u WHERE u.id > 2;

INSERT INTO terminal_reader
    (id, store_id, location_id, stripe_id, stripe_account, label, device_type, serial_number,
     device_sw_version, ip_address, status, last_seen_at, read_at, is_active, retired_at,
     created_at)
SELECT n, s.id, (s.id - 1) * 3 + 1 + mod((n - 1) / %(stores)s, 3), 'tmr_big' || n, s.own,
       'Till ' || (n - 1) / %(stores)s + 1,
       pg_temp.one_of('{bbpos_wisepos_e,bbpos_wisepos_e,stripe_s700,stripe_s710}',
                      pg_temp.draw(n, 6)),
       'WSC' || 513000000 + n, pg_temp.one_of('{2.42.0.0,2.42.0.0,2.40.1.3}', pg_temp.draw(n, 7)),
       '10.0.' || mod(n, 250) || '.' || mod(n / 250, 250),
       CASE WHEN pg_temp.draw(n, 8) < 0.93 THEN 'online' ELSE 'offline' END,
       %(now)s - pg_temp.draw(n, 9) * interval '2 hours', %(now)s - interval '3 hours',
       mod(n, 50) <> 0, CASE WHEN mod(n, 50) = 0 THEN %(now)s - interval '30 days' END,
       %(now)s - interval '400 days'
FROM generate_series(1, %(readers)s::bigint) AS n
JOIN shop s ON s.id = 1 + mod(n - 1, %(stores)s);

INSERT INTO terminal_defaultreader (device_id, store_id, reader_id)
SELECT d.id, d.store_id, d.store_id + %(stores)s * mod(d.id, 10)
FROM stores_device d
WHERE d.store_id + %(stores)s * mod(d.id, 10) <= %(readers)s;

INSERT INTO terminal_readerconfiguration
    (account_id, store_id, asks_for_tips, percentages, fixed_amounts)
SELECT account_id, id, true, '[15, 18, 20]', '[]' FROM shop WHERE country = 'US';

INSERT INTO payments_cardrule (store_id, position, brand, effect, sentence)
SELECT id, 10, 'amex', 'ask', 'American Express costs more here. Take it?'
FROM shop WHERE mod(id, 40) = 3;
