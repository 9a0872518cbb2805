// Firestore, sign-in with Firebase, and storage of received files in a bucket.
import { boolean, DURATION, emptyOr, positiveDuration, setting } from './setting.ts'

export const firebaseSettings = {
  FIREBASE_PROJECT_ID: setting({
    default: '',
    allowed: 'the id of a Firebase project',
    meaning: 'Firebase project for STORE=firestore, FIREBASE_AUTH and FIREBASE_STORAGE_BUCKET',
    decode: emptyOr(text => (/^[a-z][a-z0-9:.-]{2,62}$/.test(text) ? text : undefined))
  }),
  FIRESTORE_DATABASE: setting({
    default: '(default)',
    allowed: 'the id of a database of the project',
    meaning: 'Firestore database within the project',
    decode: text => (/^(\(default\)|[a-z][a-z0-9-]{3,62})$/.test(text) ? text : undefined)
  }),
  GOOGLE_APPLICATION_CREDENTIALS: setting({
    default: '',
    allowed: 'the path of a JSON key file; empty: the identity of the machine, on Google Cloud',
    meaning: 'Key file of a service account that may write to Firestore. Read by the Firebase client',
    decode: text => (text.includes('\0') ? undefined : text)
  }),
  FIRESTORE_EMULATOR_HOST: setting({
    default: '',
    allowed: 'host:port; empty: Google’s servers',
    meaning: 'Firestore emulator to use instead of Google’s servers',
    decode: emptyOr(text => (/^[A-Za-z0-9.-]+:\d{1,5}$/.test(text) ? text : undefined))
  }),
  FIRESTORE_OUTBOX_SWEEP: setting({
    default: '1m',
    allowed: DURATION,
    meaning:
      'How often the outbox in Firestore is checked for documents that the listener missed. Each check costs two reads, plus two for each waiting document',
    decode: positiveDuration
  }),
  FIRESTORE_RAMP_UP: setting({
    default: 'true',
    allowed: 'true or false',
    meaning:
      'Start with 500 writes per second and increase by half every five minutes, as Google recommends. Set to false for a database that already has more traffic',
    decode: boolean
  }),
  FIREBASE_AUTH: setting({
    default: 'false',
    allowed: 'true or false',
    meaning:
      'Accept Firebase ID tokens of FIREBASE_PROJECT_ID as bearer tokens. The custom claim backscroll in the token says what a user may do',
    decode: boolean
  }),
  FIREBASE_AUTH_EMULATOR_HOST: setting({
    default: '',
    allowed: 'host:port; empty: Google’s servers',
    meaning:
      'Firebase Auth emulator. Its tokens are not signed: anyone who can reach this server can forge one',
    decode: emptyOr(text => (/^[A-Za-z0-9.-]+:\d{1,5}$/.test(text) ? text : undefined))
  }),
  FIREBASE_STORAGE_BUCKET: setting({
    default: '',
    allowed: 'the name of a bucket; empty: media are kept in DATA_DIR',
    meaning: 'Firebase Storage bucket for received files, instead of a folder in DATA_DIR',
    decode: emptyOr(text => (/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(text) ? text : undefined))
  }),
  FIREBASE_STORAGE_EMULATOR_HOST: setting({
    default: '',
    allowed: 'host:port; empty: Google’s servers',
    meaning: 'Firebase Storage emulator to use instead of Google’s servers',
    decode: emptyOr(text => (/^[A-Za-z0-9.-]+:\d{1,5}$/.test(text) ? text : undefined))
  })
}
