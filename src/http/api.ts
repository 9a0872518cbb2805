// The HTTP contract: every endpoint of every resource. Each resource has its contract and its handlers in one folder.
import { HttpApi, OpenApi } from 'effect/http-api'
import { EVENT_SCHEMAS } from '../domain/cloud-event.ts'
import { withSecuritySchemes } from './auth/security-schemes.ts'
import { finishDocument } from './openapi.ts'
import { AccountsGroup } from './resources/accounts/contract.ts'
import { AuditGroup } from './resources/audit/contract.ts'
import { ContactsGroup } from './resources/contacts/contract.ts'
import { EventsGroup } from './resources/events/contract.ts'
import { ExportGroup } from './resources/export/contract.ts'
import { HistoryGroup } from './resources/history/contract.ts'
import { IncidentsGroup } from './resources/incidents/contract.ts'
import { InspectorGroup } from './resources/inspector/contract.ts'
import { KeysGroup } from './resources/keys/contract.ts'
import { MeGroup } from './resources/me/contract.ts'
import { MediaGroup } from './resources/media/contract.ts'
import { MessagesGroup } from './resources/messages/contract.ts'
import { OutboxGroup } from './resources/outbox/contract.ts'
import { PersonalDataGroup } from './resources/personal-data/contract.ts'
import { RetentionGroup } from './resources/retention/contract.ts'
import { LinkGroup, LinkTicketsGroup } from './resources/link/contract.ts'
import { PasskeyGroup } from './resources/passkey/contract.ts'
import { SearchGroup } from './resources/search/contract.ts'
import { SettingsGroup } from './resources/settings/contract.ts'
import { StoreGroup } from './resources/store/contract.ts'
import { MetricsGroup, SystemGroup } from './resources/system/contract.ts'
import { ThreadsGroup } from './resources/threads/contract.ts'
import { WebhooksGroup } from './resources/webhooks/contract.ts'
import { Validation } from './validation.ts'

export class Api extends HttpApi.make('backscroll')
  .add(SystemGroup)
  .add(MetricsGroup)
  .add(AccountsGroup)
  .add(PasskeyGroup)
  .add(LinkTicketsGroup)
  .add(LinkGroup)
  .add(ContactsGroup)
  .add(ThreadsGroup)
  .add(MessagesGroup)
  .add(OutboxGroup)
  .add(MediaGroup)
  .add(SearchGroup)
  .add(ExportGroup)
  .add(HistoryGroup)
  .add(EventsGroup)
  .add(IncidentsGroup)
  .add(WebhooksGroup)
  .add(KeysGroup)
  .add(AuditGroup)
  .add(RetentionGroup)
  .add(PersonalDataGroup)
  .add(StoreGroup)
  .add(InspectorGroup)
  .add(MeGroup)
  .add(SettingsGroup)
  .middleware(Validation)
  // Unknown fields are an error: a misspelled sendAt must not send immediately.
  .annotate(HttpApi.ParseOptions, { onExcessProperty: 'error' })
  .annotate(HttpApi.HeadersParseOptions, {})
  .annotate(HttpApi.AdditionalSchemas, EVENT_SCHEMAS)
  .annotateMerge(
    OpenApi.annotations({
      title: 'Backscroll',
      version: '1',
      transform: document => finishDocument(withSecuritySchemes(document)),
      description:
        "Complete, live copies of WhatsApp accounts' conversations. Every request to /v1 needs a key: in the header `Authorization: Bearer <key>`, `X-Api-Key` or `apikey`. With FIREBASE_AUTH, a Firebase ID token can be the bearer token."
    })
  ) {}
