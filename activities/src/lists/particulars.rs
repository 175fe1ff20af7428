//! What OFAC's lists say of a person in words: births, identity documents, countries. Shared by both of their forms.

use zapiki_core::credential::CountryCode;
use zapiki_core::day::Day;
use zapiki_core::screening::{Birth, ListReport, ListedDocument, ListedPerson};

use super::country_names;

/// The longest range of years that is taken for a birth. A wider one says nothing of the person.
const RANGE_YEARS_MAX: u16 = 30;

/// Particulars that are no identity documents, by the start of their kind. Everything else with a digit is taken for one: a key
/// too many matches nobody, a key too few lets somebody pass.
const NO_DOCUMENTS: [&str; 44] = [
    "Additional Sanctions Information",
    "Aircraft",
    "Alternative Line of Business",
    "BIK",
    "Business Number",
    "Business Registration",
    "CAATSA",
    "Certificate of Incorporation",
    "Chinese Commercial Code",
    "Commercial Registry",
    "Company Number",
    "D-U-N-S",
    "Digital Currency Address",
    "Dubai Chamber of Commerce",
    "Effective Date",
    "Email Address",
    "End-use",
    "Enterprise Number",
    "Equity Ticker",
    "Executive Order",
    "Fax",
    "For more information",
    "Gender",
    "IFCA Determination",
    "ISIN",
    "Legal Entity Number",
    "Linked To",
    "Listing Date",
    "MMSI",
    "Micex Code",
    "Nationality of Registration",
    "Organization",
    "PEESA Information",
    "Phone Number",
    "Previous",
    "Secondary sanctions risk",
    "SWIFT",
    "Target Type",
    "Telephone",
    "Transactions Prohibited",
    "Trade License",
    "Unified Social Credit Code",
    "Vessel",
    "Website",
];

/// All births that a text tells, or none if it cannot be read.
pub(crate) fn births(text: &str) -> Option<Vec<Birth>> {
    let text = text.trim().trim_end_matches('.');
    let text = ["circa ", "approximately ", "c. ", "between "]
        .iter()
        .fold(text, |text, word| text.strip_prefix(word).unwrap_or(text));
    for between in [" to ", " and ", " - "] {
        if let Some((from, to)) = text.split_once(between) {
            return range(birth(from)?.year(), birth(to)?.year());
        }
    }
    if let Some((from, to)) = text.split_once('-') {
        return range(year(from)?, year(to)?);
    }
    birth(text).map(|birth| vec![birth])
}

fn range(from: u16, to: u16) -> Option<Vec<Birth>> {
    (from <= to && to - from <= RANGE_YEARS_MAX).then(|| (from..=to).map(Birth::In).collect())
}

/// `10 Dec 1948`, `Dec 1948`, `1948`, each perhaps `circa`.
fn birth(text: &str) -> Option<Birth> {
    let text = text.trim();
    let text = text.strip_prefix("circa ").unwrap_or(text);
    let mut words = text.split_whitespace().rev();
    let year = year(words.next()?)?;
    let Some(month) = words.next() else {
        return Some(Birth::In(year));
    };
    let month = month_number(month)?;
    let Some(of_month) = words.next() else {
        return Some(Birth::In(year));
    };
    let of_month: u32 = of_month.parse().ok()?;
    if words.next().is_some() {
        return None;
    }
    // A day that never was still tells the year.
    Some(Day::from_ymd(i32::from(year), month, of_month).map_or(Birth::In(year), Birth::On))
}

fn year(text: &str) -> Option<u16> {
    let text = text.trim();
    let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|year| is_year && (1900..=2999).contains(year))
}

fn month_number(text: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let start = text.get(..3)?.to_ascii_lowercase();
    let index = MONTHS.iter().position(|month| *month == start)?;
    u32::try_from(index + 1).ok()
}

/// Whether a kind of particular is an identity document.
pub(crate) fn is_document(kind: &str, number: &str) -> bool {
    number.contains(|c: char| c.is_numeric())
        && !NO_DOCUMENTS.iter().any(|other| {
            kind.get(..other.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(other))
        })
}

/// A person that is being read.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) person: ListedPerson,
}

impl Reading {
    /// A birth in words.
    pub(crate) fn birth(&mut self, text: &str, report: &mut ListReport) {
        match births(text) {
            Some(births) => self.person.births.extend(births),
            None => report.births_unreadable += 1,
        }
    }

    /// A nationality in words.
    pub(crate) fn nationality(&mut self, text: &str, report: &mut ListReport) {
        self.person
            .nationalities
            .extend(known_country(text, report));
    }

    /// A particular: a document, or something else.
    pub(crate) fn particular(
        &mut self,
        kind: &str,
        number: &str,
        country: Option<&str>,
        report: &mut ListReport,
    ) {
        if !is_document(kind, number) {
            ListReport::count(&mut report.not_documents, kind);
            return;
        }
        let country = country.and_then(|country| known_country(country, report));
        self.person.documents.push(ListedDocument {
            number: number.to_owned(),
            country,
        });
    }
}

fn known_country(text: &str, report: &mut ListReport) -> Option<CountryCode> {
    let country = country_names::country(text);
    if country.is_none() {
        ListReport::count(&mut report.countries_unknown, text);
    }
    country
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Birth {
        Birth::On(text.parse().unwrap())
    }

    fn years(years: std::ops::RangeInclusive<u16>) -> Option<Vec<Birth>> {
        Some(years.map(Birth::In).collect())
    }

    #[test]
    fn births_in_every_form() {
        for text in ["10 Dec 1948", "10 December 1948", " circa 10 Dec 1948."] {
            assert_eq!(births(text), Some(vec![day("1948-12-10")]), "{text}");
        }
        assert_eq!(births("1 Jan 1970"), Some(vec![day("1970-01-01")]));
        for text in ["1948", "circa 1948", "Dec 1948", "31 Feb 1948"] {
            assert_eq!(births(text), years(1948..=1948), "{text}");
        }
        for text in [
            "1958 to 1960",
            "1958-1960",
            "circa 1958-1960",
            "between 1958 and 1960",
            "01 Jan 1958 to 31 Dec 1960",
            "circa 1958 to circa 1960",
        ] {
            assert_eq!(births(text), years(1958..=1960), "{text}");
        }
        for text in [
            "",
            "unknown",
            "48",
            "1748",
            "1960 to 1958",
            "1900 to 1990",
            "10 Foo 1948",
            "x 10 Dec 1948",
            "Dec 10 1948",
            "1958-60",
            "+948",
        ] {
            assert_eq!(births(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_is_a_document_unless_it_is_known_to_be_none() {
        for kind in [
            "Passport",
            "SSN",
            "Cedula No.",
            "National ID No.",
            "Some New Card",
        ] {
            assert!(is_document(kind, "A-1"), "{kind}");
        }
        for kind in [
            "Gender",
            "Digital Currency Address - XBT",
            "digital currency address - eth",
            "Secondary sanctions risk:",
            "Website",
        ] {
            assert!(!is_document(kind, "A-1"), "{kind}");
        }
        assert!(!is_document("Passport", "Male"));
    }
}
