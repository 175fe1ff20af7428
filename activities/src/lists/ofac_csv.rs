//! OFAC's Specially Designated Nationals as `SDN.CSV` with `ALT.CSV` and `SDN_COMMENTS.CSV`, by OFAC's data specification: no
//! header, `-0-` for nothing, the entry's number first in each file.
//!
//! Births, documents, nationalities and weak aliases stand in the remarks, separated by semicolons. Remarks are cut after 1,000
//! characters; the comments hold the rest. In `ADD.CSV` are addresses, which no key is made of.

use std::collections::HashMap;

use zapiki_core::screening::{ListBuilder, ListReport, ScreeningList};

use super::country_names;
use super::parse::{ParseError, table_text};
use super::particulars::Reading;

/// What stands for nothing.
const NULL: &str = "-0-";
/// The end of a text file, as some of these files have it.
const END: &str = "\u{1a}";
/// What is counted of remarks whose kind cannot be told.
const REMARK: &str = "(remark)";
/// Documents whose number needs no country beside it to be told from other remarks.
const DOCUMENTS: [&str; 12] = [
    "Passport",
    "Diplomatic Passport",
    "Stateless Person Passport",
    "SSN",
    "National ID No.",
    "Cedula No.",
    "Driver's License No.",
    "Identification Number",
    "Personal ID Card",
    "Tax ID No.",
    "Travel Document Number",
    "Birth Certificate Number",
];

/// The keys of the list.
pub(super) fn parse(sdn: &[u8], alt: &[u8], comments: &[u8]) -> Result<ScreeningList, ParseError> {
    let mut aliases: HashMap<String, Vec<String>> = HashMap::new();
    each_record("ALT.CSV", alt, |[entry, _, _, name, _]| {
        let names = aliases.entry(entry.to_owned()).or_default();
        names.push(name.to_owned());
    })?;
    let mut more_remarks: HashMap<String, String> = HashMap::new();
    each_record("SDN_COMMENTS.CSV", comments, |[entry, remarks]| {
        // A remark is cut wherever the column ends: nothing belongs between the pieces.
        more_remarks
            .entry(entry.to_owned())
            .or_default()
            .push_str(remarks);
    })?;

    let mut list = ListBuilder::default();
    each_record("SDN.CSV", sdn, |fields: [&str; 12]| {
        let [entry, name, kind, .., remarks] = fields;
        let kind = kind.trim();
        let aliases = aliases.remove(entry).unwrap_or_default();
        let more = more_remarks.remove(entry).unwrap_or_default();
        if !kind.eq_ignore_ascii_case("individual") {
            list.skip(if kind.is_empty() { "entity" } else { kind });
            return;
        }
        let mut reading = Reading::default();
        reading.person.reference = entry.to_owned();
        reading.person.names.push(name.to_owned());
        reading.person.names.extend(aliases);
        for remark in format!("{remarks}{more}").split("; ") {
            read_remark(remark, &mut reading, &mut list.report);
        }
        list.add(&reading.person);
    })?;
    // Of another edition than the entries.
    list.report.aliases_without_entry = aliases.values().map(|names| names.len() as u64).sum();
    Ok(list.finish())
}

/// Calls with each record's fields, of which those for nothing are empty.
fn each_record<const N: usize>(
    file: &str,
    bytes: &[u8],
    mut then: impl FnMut([&str; N]),
) -> Result<(), ParseError> {
    let text = table_text(file, bytes)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|error| ParseError::csv(file, &error))?
    {
        if record.len() == 1 && record.get(0).is_some_and(|field| field.trim() == END) {
            break;
        }
        // As they are: a space at the end of a cut remark belongs to it.
        let fields: Vec<&str> = record
            .iter()
            .map(|field| if field.trim() == NULL { "" } else { field })
            .collect();
        let place = || {
            let line = record.position().map_or(0, csv::Position::line);
            format!("{file}, line {line}")
        };
        let Ok(fields) = <[&str; N]>::try_from(fields) else {
            return Err(ParseError::at(
                place(),
                format!("another number of columns than {N}"),
            ));
        };
        if fields[0].is_empty() || !fields[0].bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseError::at(
                place(),
                "its first column is not the number of an entry",
            ));
        }
        then(fields);
    }
    Ok(())
}

fn read_remark(remark: &str, reading: &mut Reading, report: &mut ListReport) {
    let remark = remark.trim().trim_end_matches([';', '.']).trim();
    let remark = remark.strip_prefix("alt. ").unwrap_or(remark);
    if remark.is_empty() {
        return;
    }
    let after = |start: &str| remark.strip_prefix(start);
    if let Some(birth) = after("DOB ") {
        reading.birth(birth, report);
    } else if let Some(country) = after("nationality ").or_else(|| after("citizen ")) {
        reading.nationality(country, report);
    } else if let Some(name) = ["a.k.a. ", "f.k.a. ", "n.k.a. "]
        .iter()
        .find_map(|start| after(start))
    {
        reading
            .person
            .names
            .push(name.trim_matches('\'').to_owned());
    } else if after("POB ").is_none() {
        read_particular(remark, reading, report);
    }
}

/// `Passport A1 (Utopia) expires 01 Jan 2030`: a kind, a number, a country.
fn read_particular(remark: &str, reading: &mut Reading, report: &mut ListReport) {
    let in_brackets = |text: &str| -> Option<String> {
        let (_, rest) = text.split_once(" (")?;
        // The last of several is the country.
        let last = rest.rsplit_once(" (").map_or(rest, |(_, last)| last);
        last.split_once(')').map(|(inside, _)| inside.to_owned())
    };
    let known = DOCUMENTS.iter().find(|kind| {
        remark
            .strip_prefix(**kind)
            .is_some_and(|rest| rest.starts_with(' '))
    });
    let (kind, rest) = match known {
        Some(kind) => remark.split_at(kind.len()),
        None => {
            // Words, then a number, then a country that is one.
            let is_number = |word: &&str| word.contains(|c: char| c.is_ascii_digit());
            let number = remark.split(' ').find(is_number);
            let split = number.and_then(|number| remark.find(number));
            let country = in_brackets(remark).and_then(|name| country_names::country(&name));
            match (split, country) {
                (Some(split), Some(_)) if split > 0 => remark.split_at(split),
                _ => {
                    ListReport::count(&mut report.not_documents, REMARK);
                    return;
                }
            }
        }
    };
    let country = in_brackets(rest);
    let number = rest.split(" (").next().unwrap_or(rest);
    let number = [" issued ", " expires "]
        .iter()
        .fold(number, |number, word| {
            number.split(word).next().unwrap_or(number)
        });
    reading.particular(kind.trim(), number.trim(), country.as_deref(), report);
}
