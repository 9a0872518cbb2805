// A message's text with its marks, addresses and mentions.
import { isOnlyEmoji, type Token, tokensOf } from '../../parts/rich-text.ts'
import { personName } from '../../state/people.ts'

const Part = ({ token }: { readonly token: Token }) => {
  switch (token.kind) {
    case 'text':
      return <>{token.text}</>
    case 'bold':
      return <strong>{token.text}</strong>
    case 'italic':
      return <em>{token.text}</em>
    case 'struck':
      return <s>{token.text}</s>
    case 'code':
      return <code>{token.text}</code>
    case 'link':
      return (
        <a href={token.url} target="_blank" rel="noopener noreferrer nofollow">
          {token.text}
        </a>
      )
    case 'mention':
      return <b class="mention">@{personName(token.jid)}</b>
  }
}

interface TextProps {
  readonly text: string
  readonly mentions?: ReadonlyArray<string>
}

export const Text = ({ mentions = [], text }: TextProps) => (
  <p class={isOnlyEmoji(text) ? 'text emoji' : 'text'} dir="auto">
    {tokensOf(text, mentions).map((token, index) => (
      <Part key={index} token={token} />
    ))}
  </p>
)
