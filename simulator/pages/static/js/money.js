// Amounts as people read them. Stripe's smallest unit is ISO's but for three currencies.

const DIGITS = { isk: 2, ugx: 2, mga: 0 };
const formats = new Map();

export function money(amount, currency) {
  if (amount === null || amount === undefined) return "";
  if (!currency) return String(amount);
  let known = formats.get(currency);
  if (!known) {
    const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
    const digits = DIGITS[currency] ?? format.resolvedOptions().maximumFractionDigits;
    formats.set(currency, (known = { format, unit: 10 ** digits }));
  }
  return known.format.format(amount / known.unit);
}

// How many digits stand behind the point: what a person types on a keypad has none.
export function digits(currency) {
  money(0, currency);
  return Math.round(Math.log10(formats.get(currency).unit));
}
