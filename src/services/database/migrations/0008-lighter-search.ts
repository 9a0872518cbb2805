// The full-text index without the sizes of messages: a row for each, in the order of time and not of arrival, made storing
// a message dearer the more there were.
import { statements } from './statements.ts'

export const lighterSearch = statements(
  'DROP TABLE message_search',
  // Messages whose content has yet to come, or to be understood: what storing another report has to look at.
  `CREATE INDEX messages_unread ON messages (thread_id)
    WHERE (type = 'undecryptable' OR type GLOB 'unsupported:*')`,
  // Only the words are kept, not the text: whoever removes a row tells what it said.
  `CREATE VIRTUAL TABLE message_search USING fts5(account, text, content='', columnsize=0, tokenize='ascii')`,
  `INSERT INTO message_search (rowid, account, text)
    SELECT (MIN(m.ts_client / 1000, 4294967295) << 31) | m.rowid, replace(m.account_id, '-', ''),
      searchable(CASE WHEN m.media IS NULL THEN m.body ELSE concat_ws(char(10), m.body, m.media ->> '$.fileName') END)
    FROM messages m
    WHERE (m.body <> '' OR m.media ->> '$.fileName' <> '')
      AND m.type NOT IN ('system', 'call', 'revoked', 'undecryptable') AND m.type NOT GLOB 'unsupported:*'
    ORDER BY 1`
)
