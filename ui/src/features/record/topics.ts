import type { ContactTopic } from '@/ipc'
import { m } from '@/paraglide/messages.js'

/** In the order in which they are most often chosen. */
export const TOPICS = ['repair', 'help', 'enquiry', 'complaint', 'suggestion', 'other'] as const satisfies readonly ContactTopic[]

export const topicWord = (topic: ContactTopic): string =>
  ({
    enquiry: m.topic_enquiry,
    help: m.topic_help,
    repair: m.topic_repair,
    complaint: m.topic_complaint,
    suggestion: m.topic_suggestion,
    other: m.topic_other,
  })[topic]()
