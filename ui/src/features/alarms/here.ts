import { book, type Alarm } from '@/ipc'

/** 在岗: the answer to being asked after a while of silence (D2.7.1). */
export const confirmHere = (alarm: Alarm): Promise<unknown> => book.act(alarm.record, { kind: 'attendance', action: { do: 'confirm_presence' } })
