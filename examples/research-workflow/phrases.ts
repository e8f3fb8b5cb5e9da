/** What customers write about, in words of their own. `praise` is the share of happy ones. */
type Texts = readonly [string, ...string[]];
export type Subject = {
  readonly name: string;
  readonly weight: number;
  readonly praise: number;
  readonly good: Texts;
  readonly bad: Texts;
};

export const SUBJECTS: readonly [Subject, ...Subject[]] = [
  {
    name: "login",
    weight: 20,
    praise: 0.1,
    good: ["The new login with a passkey is great and very easy.", "Signing in with my password manager works perfectly now."],
    bad: [
      "I cannot log in since the password reset, the login page shows an error.",
      "The password reset mail never arrives and I am locked out of my account.",
      "Login fails with a wrong code although the two-factor code is correct.",
      "My account is locked again after one wrong password, this is frustrating.",
      "The login link in the reset mail is expired the moment I get it.",
    ],
  },
  {
    name: "billing",
    weight: 22,
    praise: 0.12,
    good: ["Billing was clear, and the refund for the second invoice came fast, thank you.", "The yearly invoice is easy to read, great."],
    bad: [
      "We were charged twice for the same invoice and nobody can explain it.",
      "The invoice shows the wrong number of seats and a wrong tax id.",
      "I asked for a refund of the last charge three weeks ago, still no refund.",
      "The price on the invoice is higher than the price of our plan, that is unacceptable.",
      "Our payment was declined although the card is valid, please check the billing.",
    ],
  },
  {
    name: "speed",
    weight: 12,
    praise: 0.15,
    good: ["Boards load fast again, nice work.", "The dashboard is quick and smooth on my old laptop."],
    bad: [
      "Since the update the boards are terribly slow, loading takes a minute.",
      "The dashboard is slow and freezes when we load a large board.",
      "Everything is slow after the update, the page hangs and we lose time.",
      "Loading the timeline is awful, the page freezes for half a minute.",
    ],
  },
  {
    name: "export",
    weight: 16,
    praise: 0.35,
    good: ["The export to spreadsheet is excellent and saves me hours.", "I love the new PDF export of reports, very helpful."],
    bad: [
      "The export to CSV loses all umlauts, the file is broken.",
      "The PDF export of the report is missing the last page.",
      "Exporting a report fails with a timeout, I get an empty file.",
      "The spreadsheet export puts dates in the wrong column, which is annoying.",
    ],
  },
  {
    name: "mobile",
    weight: 16,
    praise: 0.4,
    good: ["The mobile app is wonderful, I use it on the train every day.", "Push notifications on my phone are reliable and helpful."],
    bad: [
      "The mobile app crashes when I attach a photo from my phone.",
      "Notifications on my phone come twice or not at all.",
      "The Android app does not sync my changes when the phone was offline.",
      "After the last version the app drains the battery of my phone, bad.",
    ],
  },
  {
    name: "support",
    weight: 14,
    praise: 0.85,
    good: [
      "Your support agent was friendly and solved my question in minutes, thank you.",
      "Excellent support, the answer was fast and helpful.",
      "I am happy with the help I got in the chat, the agent was very patient.",
    ],
    bad: ["I wait for an answer from support since Monday, that is disappointing.", "The chat agent was rude and did not help."],
  },
];

export const OPENINGS: Texts = ["Hello,", "Hi team,", "Good morning,", "Dear support,", "Hi,"];

export const NAMES: Texts = [
  "Lena Vogel",
  "Omar Haddad",
  "Priya Nair",
  "Jonas Weber",
  "Chloe Martin",
  "Mateo Rossi",
  "Hiro Tanaka",
  "Femi Ade",
];

export const CLOSINGS: Texts = [
  "Please call me at {phone}. {name}",
  "Regards, {name}",
  "You can reach me at {mail}.",
  "Best, {name} ({mail})",
  "The card was {card}. {name}",
  "Thanks in advance.",
  "",
  "Kind regards",
];
