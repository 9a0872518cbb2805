// What the phone is to scan or to be told. It renews itself for as long as it is shown.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { PairingOffer } from '../../../client/index.ts'
import { isCode } from '../../errors.ts'
import { t } from '../../i18n/i18n.ts'
import { client } from '../../session.ts'
import { tellTrouble } from '../../toasts.ts'

const ASK_AGAIN_MS = 1500

interface Shown {
  readonly offer: PairingOffer
  /** Of the picture, in memory. */
  readonly image: string | null
}

const read = async (accountId: string, shown: Shown | undefined): Promise<Shown> => {
  const offer = await client().call('accounts.qr', { accountId })
  if (offer.qr === null) return { offer, image: null }
  if (shown?.offer.qr === offer.qr) return { offer, image: shown.image }
  const picture = await client().call('accounts.qrSvg', { accountId })
  return { offer, image: URL.createObjectURL(await picture.blob()) }
}

const Steps = ({ method }: Pick<PairingOffer, 'method'>) => (
  <ol class="steps">
    <li>{t('offer.step1')}</li>
    <li>{t('offer.step2')}</li>
    <li>{t(method === 'qr' ? 'offer.step3Qr' : 'offer.step3Code')}</li>
  </ol>
)

const spaced = (code: string): string => (code.includes('-') ? code : `${code.slice(0, 4)}-${code.slice(4)}`)

export const OfferView = ({ accountId }: { readonly accountId: string }) => {
  const shown = useSignal<Shown | undefined>(undefined)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let isOver = false
    const ask = async (): Promise<void> => {
      try {
        const next = await read(accountId, shown.value)
        if (shown.value?.image != null && shown.value.image !== next.image)
          URL.revokeObjectURL(shown.value.image)
        shown.value = next
      } catch (error) {
        // There is none yet, or none any more; the account says so, too.
        if (!isCode(error, 'not-found', 'wrong-state', 'pairing-refused')) tellTrouble(error)
      }
      if (!isOver) timer = setTimeout(() => void ask(), ASK_AGAIN_MS)
    }
    void ask()
    return () => {
      isOver = true
      clearTimeout(timer)
      if (shown.value?.image != null) URL.revokeObjectURL(shown.value.image)
    }
  }, [accountId])
  if (shown.value === undefined)
    return (
      <p class="waiting" role="status">
        {t('offer.waiting')}
      </p>
    )
  const { image, offer } = shown.value
  return (
    <div class="offer">
      {image !== null && <img class="qr" src={image} alt={t('offer.qr')} width={264} height={264} />}
      {offer.code !== null && (
        <output class="pairing-code" dir="ltr" aria-label={t('offer.code')}>
          {spaced(offer.code)}
        </output>
      )}
      <div>
        <Steps method={offer.method} />
        <p class="soft small">{t('offer.renews')}</p>
      </div>
    </div>
  )
}
