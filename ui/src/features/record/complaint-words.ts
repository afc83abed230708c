/** Words and looks for what the book says of complaints. */
import type { Tone } from '@/design/states'
import type { ComplaintWay, Grade, NoticeMethod, Validity } from '@/ipc'
import { m } from '@/paraglide/messages.js'

/** Gravest last, as it is asked. */
export const GRADES = ['general', 'important', 'major'] as const satisfies readonly Grade[]

export const gradeWord = (grade: Grade): string =>
  ({ general: m.complaint_grade_general, important: m.complaint_grade_important, major: m.complaint_grade_major })[grade]()
export const gradeTone: Record<Grade, Tone> = { general: 'idle', important: 'soon', major: 'over' }
export const gradeOptions = (): { value: Grade; label: string; tone: Tone }[] =>
  GRADES.map((value) => ({ value, label: gradeWord(value), tone: gradeTone[value] }))
export const validityWord = (validity: Validity): string => (validity === 'valid' ? m.complaint_valid() : m.complaint_invalid())
export const noticeWord = (method: NoticeMethod): string =>
  ({ phone: m.complaint_notice_phone, in_person: m.complaint_notice_in_person, message: m.complaint_notice_message })[method]()
export const complaintWayWord = (way: ComplaintWay): string =>
  ({ call: m.way_call, visit: m.way_visit, letter: m.complaint_way_letter, other: m.complaint_way_other })[way]()
