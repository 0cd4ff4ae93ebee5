// Names that Intl takes for a zone though IANA has none of them: abbreviations, of which most mean several zones.

/** With the zones that people mean by them, the likeliest first. EST, MST and HST are zones of IANA. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  ACST: 'Australia/Adelaide',
  ACT: 'Australia/Darwin America/Rio_Branco',
  AEDT: 'Australia/Sydney',
  AEST: 'Australia/Brisbane Australia/Sydney',
  AET: 'Australia/Sydney',
  AGT: 'America/Argentina/Buenos_Aires',
  ART: 'America/Argentina/Buenos_Aires',
  AST: 'America/Halifax Asia/Riyadh',
  AWST: 'Australia/Perth',
  BET: 'America/Sao_Paulo',
  BRT: 'America/Sao_Paulo',
  BST: 'Europe/London Asia/Dhaka',
  CAT: 'Africa/Maputo',
  CDT: 'America/Chicago America/Havana',
  CEST: 'Europe/Berlin',
  CNT: 'America/St_Johns',
  CST: 'America/Chicago Asia/Shanghai',
  CTT: 'Asia/Shanghai',
  EAT: 'Africa/Nairobi',
  ECT: 'America/Guayaquil Europe/Paris',
  EDT: 'America/New_York',
  EEST: 'Europe/Athens',
  HKT: 'Asia/Hong_Kong',
  IET: 'America/Indiana/Indianapolis',
  IST: 'Asia/Kolkata Europe/Dublin Asia/Jerusalem',
  JST: 'Asia/Tokyo',
  KST: 'Asia/Seoul',
  MDT: 'America/Denver',
  MIT: 'Pacific/Apia',
  MSK: 'Europe/Moscow',
  NET: 'Asia/Yerevan',
  NST: 'America/St_Johns',
  NZDT: 'Pacific/Auckland',
  NZST: 'Pacific/Auckland',
  PDT: 'America/Los_Angeles',
  PKT: 'Asia/Karachi',
  PLT: 'Asia/Karachi',
  PNT: 'America/Phoenix',
  PRT: 'America/Puerto_Rico',
  PST: 'America/Los_Angeles Asia/Manila',
  SAST: 'Africa/Johannesburg',
  SGT: 'Asia/Singapore',
  SST: 'Pacific/Pago_Pago',
  VST: 'Asia/Ho_Chi_Minh',
  WEST: 'Europe/Lisbon',
  WIB: 'Asia/Jakarta',
};
const MAX_SUGGESTIONS = 3;

export const isAbbreviation = (name: string): boolean => Object.hasOwn(ABBREVIATIONS, name.toUpperCase());

const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z]/g, '');

/** Zones that may be meant by a name that is none: by its abbreviation, or by the place in it. */
export function suggestedZones(name: string): readonly string[] {
  if (isAbbreviation(name)) return (ABBREVIATIONS[name.toUpperCase()] ?? '').split(' ');
  const place = plain(name.split('/').at(-1) ?? '');
  if (place.length < 3) return [];
  return Intl.supportedValuesOf('timeZone')
    .filter((zone) => zone.split('/').some((part) => plain(part).startsWith(place)))
    .slice(0, MAX_SUGGESTIONS);
}
