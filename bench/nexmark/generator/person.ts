import type { Person } from './model.ts'
import { FIRST_PERSON, LEAD, newestPerson } from './settings.ts'
import type { SplittableRandom } from './splittable-random.ts'
import { type Padding, randomWords } from './text.ts'
import { sqlTimestamp } from './timestamp.ts'

const STATES = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY']
const CITIES = 'Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne'.split(
  ',',
)
const FIRST_NAMES = 'Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter'.split(',')
const LAST_NAMES = 'Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris'.split(',')

const ACTIVE_PEOPLE = 1_000
const AVERAGE_BYTES = 200

/** A new person. After nexmark's PersonGenerator (Apache-2.0). */
export function newPerson(event: number, time: number, random: SplittableRandom, padding: Padding): Person {
  const name = `${oneOf(FIRST_NAMES, random)} ${oneOf(LAST_NAMES, random)}`
  const emailAddress = `${randomWords(random, 7)}@${randomWords(random, 5)}.com`
  const creditCard = Array.from({ length: 4 }, () => fourDigits(random)).join(' ')
  const city = oneOf(CITIES, random)
  const state = oneOf(STATES, random)
  const used = 8 + name.length + emailAddress.length + creditCard.length + city.length + state.length
  return {
    id: FIRST_PERSON + newestPerson(event),
    name,
    emailAddress,
    creditCard,
    city,
    state,
    dateTime: sqlTimestamp(time),
    extra: padding.take(random, used, AVERAGE_BYTES),
  }
}

/** Number of an active person, or of one who is not there yet. */
export function somePerson(event: number, random: SplittableRandom): number {
  const people = newestPerson(event) + 1
  const active = Math.min(people, ACTIVE_PEOPLE)
  return people - active + random.nextBelow(active + LEAD)
}

const oneOf = (names: readonly string[], random: SplittableRandom): string =>
  names[random.nextBelow(names.length)] as string

const fourDigits = (random: SplittableRandom): string => String(random.nextBelow(10_000)).padStart(4, '0')
