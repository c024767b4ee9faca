import fc from 'fast-check'

/** Decimal strings of 1 to 129 digits, no leading zeros; near neighbours are as likely as strangers. */
export const sequenceNumbers: fc.Arbitrary<string> = fc
  .tuple(
    fc.integer({ min: 1, max: 129 }),
    fc.constantFrom('1', '12', '49590338271490256608', '9'),
    fc.bigInt({ min: 0n, max: 9_999n }),
  )
  .map(([length, head, tail]) => {
    const digits = String(tail)
    return (head + digits.padStart(Math.max(length - head.length, digits.length), '0')).slice(0, 129)
  })
