type Address = { readonly street: string; readonly city: string; readonly postcode: string; readonly country: string };
type Country = { readonly name: string; readonly postcode: RegExp; readonly form: (postcode: string) => string };

const COUNTRIES: { readonly [code: string]: Country } = {
  DE: { name: "Germany", postcode: /^\d{5}$/, form: (postcode) => postcode },
  FR: { name: "France", postcode: /^\d{5}$/, form: (postcode) => postcode },
  GB: {
    name: "United Kingdom",
    postcode: /^[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}$/,
    form: (postcode) => postcode.replace(/(\d[A-Z]{2})$/, " $1"),
  },
  US: { name: "United States", postcode: /^\d{5}(-\d{4})?$/, form: (postcode) => postcode },
};

/** An address on one line, and what is wrong with it; null for a country that nobody knows here. */
export function checkAddress({ street, city, postcode, country }: Address): { line: string; problems: readonly string[] } | null {
  const known = COUNTRIES[country];
  if (known === undefined) return null;
  const code = known.form(postcode.toUpperCase().replaceAll(/\s/g, ""));
  const town = city.replaceAll(/(^|[\s-])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());
  const problems = [
    ...(known.postcode.test(code) ? [] : [`${code} is not a postcode of ${known.name}`]),
    ...(/\d/.test(street) ? [] : ["the street has no number"]),
  ];
  return { line: `${street}, ${code} ${town}, ${known.name}`, problems };
}
