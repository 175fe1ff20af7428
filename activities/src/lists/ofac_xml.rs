//! OFAC's Specially Designated Nationals as `SDN.XML`: an `sdnList` of `sdnEntry`s, with `publshInformation` (so spelt) before.
//!
//! Read event by event; no tree is built. Entities beyond XML's own and document types are refused, so nothing is expanded or
//! fetched. A file that ends early, or has fewer entries than it says, is refused: whoever is missing would pass.

use chrono::NaiveDate;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use zapiki_core::day::Day;
use zapiki_core::screening::{ListBuilder, ScreeningList};

use super::parse::{ParseError, text};
use super::particulars::Reading;

const FILE: &str = "SDN.XML";
/// The deepest nesting, and the longest text of an element, in bytes.
const DEPTH_MAX: usize = 32;
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// The keys of the list.
pub(super) fn parse(bytes: &[u8]) -> Result<ScreeningList, ParseError> {
    let mut reader = Reader::from_str(text(FILE, bytes)?);
    let mut document = Document::default();
    loop {
        let event = reader.read_event();
        let step = match event {
            Ok(Event::Eof) => break,
            Ok(event) => document.event(&event),
            Err(_) => Err("not well-formed XML"),
        };
        step.map_err(|what| {
            let place = format!(
                "{FILE}, byte {}, entry {}",
                reader.buffer_position(),
                document.entries + 1
            );
            ParseError::at(place, what)
        })?;
    }
    document.finish()
}

/// What was read so far.
#[derive(Default)]
struct Document {
    /// The open elements, outermost first.
    path: Vec<String>,
    /// The text of the innermost element.
    text: String,
    is_complete: bool,
    entries: u64,
    announced: Option<u64>,
    entry: Option<Entry>,
    list: ListBuilder,
}

/// The entry that is being read.
#[derive(Default)]
struct Entry {
    uid: String,
    kind: String,
    name: Name,
    alias: Name,
    particular: Particular,
    reading: Reading,
}

#[derive(Default)]
struct Name {
    first: String,
    last: String,
}

#[derive(Default)]
struct Particular {
    kind: String,
    number: String,
    country: Option<String>,
}

impl Name {
    /// The whole of it; empty if there is none.
    fn take(&mut self) -> String {
        let Self { first, last } = std::mem::take(self);
        format!("{last}, {first}")
            .trim_matches([' ', ','])
            .to_owned()
    }
}

impl Document {
    fn event(&mut self, event: &Event<'_>) -> Result<(), &'static str> {
        match event {
            Event::Start(element) => {
                self.start(element.local_name().as_ref())?;
            }
            Event::Empty(element) => {
                self.start(element.local_name().as_ref())?;
                self.end()?;
            }
            Event::End(_) => self.end()?,
            Event::Text(text) => self.append(text)?,
            Event::CData(text) => self.append(text)?,
            Event::GeneralRef(reference) => {
                if let Ok(Some(character)) = reference.resolve_char_ref() {
                    self.append(character.encode_utf8(&mut [0; 4]))?;
                } else {
                    let known =
                        resolve_xml_entity(reference).ok_or("an entity that XML does not know")?;
                    self.append(known)?;
                }
            }
            Event::DocType(_) => return Err("a document type, which this form does not have"),
            Event::Decl(declaration) => {
                let encoding = declaration.encoding();
                let is_utf8 = encoding
                    .is_none_or(|name| name.is_ok_and(|name| name.eq_ignore_ascii_case("utf-8")));
                if !is_utf8 {
                    return Err("another encoding than UTF-8");
                }
            }
            Event::Comment(_) | Event::PI(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn append(&mut self, text: &str) -> Result<(), &'static str> {
        if self.text.len() + text.len() > TEXT_BYTES_MAX {
            return Err("an element with more text than this form has");
        }
        self.text.push_str(text);
        Ok(())
    }

    fn start(&mut self, name: &str) -> Result<(), &'static str> {
        if self.path.is_empty() && (name != "sdnList" || self.is_complete) {
            return Err("an outermost element that is not the one `sdnList`");
        }
        if self.path.len() == DEPTH_MAX {
            return Err("elements nested deeper than this form has them");
        }
        self.path.push(name.to_owned());
        self.text.clear();
        if self.path.len() == 2 && name == "sdnEntry" {
            self.entry = Some(Entry::default());
        }
        Ok(())
    }

    /// The innermost element ends; its text is whole.
    fn end(&mut self) -> Result<(), &'static str> {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["sdnList"] => self.is_complete = true,
            ["sdnList", "sdnEntry"] => self.end_entry()?,
            ["sdnList", "sdnEntry", of_entry @ ..] => {
                if let Some(entry) = &mut self.entry {
                    entry.end(of_entry, text, &mut self.list);
                }
            }
            ["sdnList", "publshInformation", "Publish_Date"] => {
                let date = NaiveDate::parse_from_str(text, "%m/%d/%Y");
                let day = date.ok().and_then(|date| Day::try_from(date).ok());
                self.list.report.published =
                    Some(day.ok_or("a Publish_Date that is no MM/DD/YYYY")?);
            }
            ["sdnList", "publshInformation", "Record_Count"] => {
                let count = text
                    .parse()
                    .map_err(|_| "a Record_Count that is no number")?;
                self.announced = Some(count);
            }
            _ => {}
        }
        self.path.pop();
        Ok(())
    }

    fn end_entry(&mut self) -> Result<(), &'static str> {
        let Some(mut entry) = self.entry.take() else {
            return Ok(());
        };
        if entry.uid.is_empty() || entry.kind.is_empty() {
            return Err("an entry without `uid` or `sdnType`");
        }
        self.entries += 1;
        if entry.kind.eq_ignore_ascii_case("individual") {
            let mut person = entry.reading.person;
            person.reference = entry.uid;
            person.names.insert(0, entry.name.take());
            self.list.add(&person);
        } else {
            self.list.skip(&entry.kind.to_lowercase());
        }
        Ok(())
    }

    fn finish(self) -> Result<ScreeningList, ParseError> {
        if !self.is_complete {
            return Err(ParseError::at(FILE, "it ends before its list does"));
        }
        if let Some(announced) = self.announced
            && self.entries < announced
        {
            let what = format!(
                "it has {} entries and says that it has {announced}",
                self.entries
            );
            return Err(ParseError::at(FILE, what));
        }
        Ok(self.list.finish())
    }
}

impl Entry {
    /// An element within the entry ends.
    fn end(&mut self, path: &[&str], text: &str, list: &mut ListBuilder) {
        let owned = || text.to_owned();
        let report = &mut list.report;
        // What entities are told by is no person's, and is not counted.
        let is_person = self.kind.is_empty() || self.kind.eq_ignore_ascii_case("individual");
        match path {
            ["uid"] => self.uid = owned(),
            ["sdnType"] => self.kind = owned(),
            ["firstName"] => self.name.first = owned(),
            ["lastName"] => self.name.last = owned(),
            _ if !is_person => {}
            ["akaList", "aka", "firstName"] => self.alias.first = owned(),
            ["akaList", "aka", "lastName"] => self.alias.last = owned(),
            ["akaList", "aka"] => self.reading.person.names.push(self.alias.take()),
            ["dateOfBirthList", "dateOfBirthItem", "dateOfBirth"] => {
                self.reading.birth(text, report)
            }
            ["nationalityList", "nationality", "country"]
            | ["citizenshipList", "citizenship", "country"] => {
                self.reading.nationality(text, report);
            }
            ["idList", "id", "idType"] => self.particular.kind = owned(),
            ["idList", "id", "idNumber"] => self.particular.number = owned(),
            ["idList", "id", "idCountry"] => self.particular.country = Some(owned()),
            ["idList", "id"] => {
                let Particular {
                    kind,
                    number,
                    country,
                } = std::mem::take(&mut self.particular);
                self.reading
                    .particular(&kind, &number, country.as_deref(), report);
            }
            _ => {}
        }
    }
}
