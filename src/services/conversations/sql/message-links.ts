// What a message refers to, as far as it is held: found when the message is read, so that a reference appears with what it
// is about and goes with it.

/** Columns of a query for messages `m`: the quoted message, its thread, and the message it belongs to, where they are held. */
export const LINKS = `(SELECT q.message_id FROM messages q
      WHERE q.thread_id = COALESCE(m.quoted_thread_id, m.thread_id) AND q.message_id = m.quoted_message_id) AS quoted_message_held,
    (SELECT t.thread_id FROM threads t WHERE t.thread_id = m.quoted_thread_id) AS quoted_thread_held,
    (SELECT p.message_id FROM messages p WHERE p.thread_id = m.thread_id AND p.message_id = m.parent_message_id) AS parent_message_held`
