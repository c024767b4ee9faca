import { lambda } from 'millrace'
import { handler as example } from '../../../functions/long-delays.ts'
import { misfortune } from '../misfortune.ts'

export const handler = lambda(example.pipeline).use(misfortune())
