// What people write into fields, as it is sent.

/** A phone number without what is written between its digits. */
export const digitsOf = (text: string): string => text.replaceAll(/[^\d+]/g, '')

export const isWebAddress = (text: string): boolean => /^https?:\/\/[^/]/.test(text) && URL.canParse(text)
