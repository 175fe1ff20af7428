//! A list as a table of one's own: CSV in UTF-8 with a header, one person per line.
//!
//! | column | holds |
//! | --- | --- |
//! | `name` | the full name, in any order of its words |
//! | `aliases` | other full names |
//! | `birth_date` | days, `1948-12-10` |
//! | `birth_year` | years, `1948` |
//! | `document_number` | numbers of identity documents |
//! | `document_country` | the country of each of them, in their order, or one for all |
//! | `nationality` | countries |
//!
//! All but `name` hold any number of values, separated by semicolons, and may be left out. Countries are ISO 3166-1 alpha-2 codes
//! or English names. Whoever writes such a table controls it, so what cannot be read is an error and not counted.

use zapiki_core::credential::CountryCode;
use zapiki_core::screening::{Birth, ListBuilder, ListedDocument, ListedPerson, ScreeningList};

use super::country_names;
use super::parse::{ParseError, table_text};

const FILE: &str = "the table";

/// The columns, in any order.
const COLUMNS: [&str; 7] = [
    "name",
    "aliases",
    "birth_date",
    "birth_year",
    "document_number",
    "document_country",
    "nationality",
];

/// The keys of the list.
pub(super) fn parse(bytes: &[u8]) -> Result<ScreeningList, ParseError> {
    let text = table_text(FILE, bytes)?;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let broken = |error: csv::Error| ParseError::csv(FILE, &error);
    let places = places(reader.headers().map_err(broken)?)?;
    let mut list = ListBuilder::default();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(broken)? {
        let line = record.position().map_or(0, csv::Position::line);
        let values = |column: usize| -> Vec<&str> {
            let field = places[column].and_then(|place| record.get(place));
            let values = field.unwrap_or_default().split(';').map(str::trim);
            values.filter(|value| !value.is_empty()).collect()
        };
        let person = person(line, values)
            .map_err(|what| ParseError::at(format!("{FILE}, line {line}"), what))?;
        list.add(&person);
    }
    Ok(list.finish())
}

/// Where each of [`COLUMNS`] stands.
fn places(header: &csv::StringRecord) -> Result<[Option<usize>; 7], ParseError> {
    let wrong = |what: &str| {
        ParseError::at(
            format!("{FILE}, line 1"),
            format!("{what}; its columns are {}", COLUMNS.join(", ")),
        )
    };
    let mut places = [None; 7];
    for (place, name) in header.iter().enumerate() {
        let column = COLUMNS.iter().position(|column| *column == name);
        let column = column.ok_or_else(|| wrong("a column of another name"))?;
        if places[column].replace(place).is_some() {
            return Err(wrong("a column is there twice"));
        }
    }
    if places[0].is_none() {
        return Err(wrong("there is no column `name`"));
    }
    Ok(places)
}

fn person<'a>(
    line: u64,
    values: impl Fn(usize) -> Vec<&'a str>,
) -> Result<ListedPerson, &'static str> {
    let mut births = Vec::new();
    for date in values(2) {
        births
            .push(Birth::On(date.parse().map_err(
                |_| "`birth_date` has something that is no YYYY-MM-DD",
            )?));
    }
    for year in values(3) {
        let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
        let year = year.parse().ok().filter(|_| is_year);
        births.push(Birth::In(
            year.ok_or("`birth_year` has something that is no YYYY")?,
        ));
    }
    let country = |text: &&str| country_names::country(text);
    let all = |texts: Vec<&str>| {
        texts
            .iter()
            .map(country)
            .collect::<Option<Vec<CountryCode>>>()
    };
    let nationalities = all(values(6)).ok_or("`nationality` has something that is no country")?;
    let countries = all(values(5)).ok_or("`document_country` has something that is no country")?;
    let numbers = values(4);
    if countries.len() > 1 && countries.len() != numbers.len() {
        return Err("`document_country` has neither one value nor one per `document_number`");
    }
    if numbers.is_empty() && !countries.is_empty() {
        return Err("`document_country` without `document_number`");
    }
    let documents = numbers
        .iter()
        .enumerate()
        .map(|(index, number)| ListedDocument {
            number: (*number).to_owned(),
            country: countries.get(index).or(countries.first()).copied(),
        });
    // A semicolon is no part of a name.
    let names = [values(0), values(1)].concat();
    Ok(ListedPerson {
        reference: format!("line {line}"),
        names: names.into_iter().map(str::to_owned).collect(),
        births,
        documents: documents.collect(),
        nationalities,
    })
}
