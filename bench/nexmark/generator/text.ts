import { SplittableRandom } from './splittable-random.ts'

const SHORTEST = 3
const LETTER_A = 97
const LETTERS = 26
/** So many letters are taken out of one random number. */
const LETTERS_OF_AN_INT = 6
const REUSED_CHARACTERS = 1_024 * 1_024

/** Words of 3 to `longest - 1` characters, a 13th of them `special`; trimmed. */
export function randomWords(random: SplittableRandom, longest: number, special = ' '): string {
  let text = ''
  for (let left = SHORTEST + random.nextBelow(longest - SHORTEST); left > 0; left--) {
    const letter = random.nextBelow(13) > 0
    text += letter ? String.fromCharCode(LETTER_A + random.nextBelow(LETTERS)) : special
  }
  return text.trim()
}

/** What events are filled up with: pieces of one long text, which is made once. */
export class Padding {
  readonly #text: string

  /** @param seed of the text; nexmark's own generator has none, and makes another text each time it starts */
  constructor(seed: number) {
    const random = new SplittableRandom(seed)
    const characters = Buffer.allocUnsafe(REUSED_CHARACTERS)
    let bits = 0
    for (let i = 0; i < REUSED_CHARACTERS; i++) {
      if (i % LETTERS_OF_AN_INT === 0) bits = random.nextInt()
      // A negative number gives what stands before 'a': brackets, a backslash, capital letters.
      characters[i] = LETTER_A + (bits % LETTERS)
      bits = Math.trunc(bits / LETTERS)
    }
    this.#text = characters.toString('latin1')
  }

  /** So many characters that `used` and they are `average` together, give or take a fifth. */
  take(random: SplittableRandom, used: number, average: number): string {
    if (used > average) return ''
    const missing = average - used
    const spread = Math.round(missing * 0.2)
    const length = missing - spread + (spread === 0 ? 0 : random.nextBelow(2 * spread))
    const start = random.nextBelow(REUSED_CHARACTERS - length)
    return this.#text.slice(start, start + length)
  }
}
