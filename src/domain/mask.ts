// Phone numbers and the addresses made of them, as logs and the inspector may show them.

/** A text without its phone numbers. Phone numbers and jids are runs of digits; our own ids are not. */
export const withoutNumbers = (text: string): string =>
  text.replaceAll(/(?<![A-Za-z0-9-])\+?\d{7,}(?=@|\b)/g, '…')

/** The ends of a number or of a jid's, so that an operator can tell two apart: `49…78@s.whatsapp.net`. */
export const maskedAddress = (address: string): string =>
  address.replaceAll(/\d{3,}/g, digits =>
    digits.length < 7 ? '…' : `${digits.slice(0, 2)}…${digits.slice(-2)}`
  )
