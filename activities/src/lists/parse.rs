//! The forms of lists, and how a list that is not of its form is told.

use thiserror::Error;
use zapiki_core::screening::ScreeningList;

use super::{ofac_csv, ofac_xml, table};

/// The form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    /// OFAC's `SDN.XML`: one file.
    OfacXml,
    /// OFAC's `SDN.CSV`, `ALT.CSV` and, for remarks that are longer than a column, `SDN_COMMENTS.CSV`.
    OfacCsv,
    /// A table with a header: one file.
    Csv,
}

zapiki_core::named_variants!(ListFormat, UnknownListFormat, "form of a list", {
    OfacXml => "ofac-xml",
    OfacCsv => "ofac-csv",
    Csv => "csv",
});

impl ListFormat {
    /// How many files a list of this form has, at least and at most.
    #[must_use]
    pub const fn files(self) -> (usize, usize) {
        match self {
            Self::OfacXml | Self::Csv => (1, 1),
            Self::OfacCsv => (2, 3),
        }
    }
}

/// The source is not of its form. Says where and why, and quotes nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}: {what}")]
pub struct ParseError {
    place: String,
    what: String,
}

impl ParseError {
    pub(super) fn at(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
        }
    }

    /// A complaint of the CSV reader.
    pub(super) fn csv(file: &str, error: &csv::Error) -> Self {
        let line = error.position().map_or(0, csv::Position::line);
        let what = match error.kind() {
            csv::ErrorKind::Utf8 { .. } => "not UTF-8",
            csv::ErrorKind::UnequalLengths { .. } => {
                "another number of columns than the lines before"
            }
            _ => "not CSV",
        };
        Self::at(format!("{file}, line {line}"), what)
    }
}

/// Makes a list's keys from its files, in the order of [`ListFormat`]'s documentation.
///
/// # Errors
/// A file is missing, too many are there, or one is not of its form.
pub fn parse(format: ListFormat, files: &[Vec<u8>]) -> Result<ScreeningList, ParseError> {
    match (format, files) {
        (ListFormat::OfacXml, [xml]) => ofac_xml::parse(xml),
        (ListFormat::OfacCsv, [sdn, alt]) => ofac_csv::parse(sdn, alt, b""),
        (ListFormat::OfacCsv, [sdn, alt, comments]) => ofac_csv::parse(sdn, alt, comments),
        (ListFormat::Csv, [table]) => table::parse(table),
        _ => {
            let (least, most) = format.files();
            let what = format!("a list of the form {format} has {least} to {most} files");
            Err(ParseError::at("the source", what))
        }
    }
}

/// The text of a table with line ends of one kind: the CSV reader counts the others' lines from the one before.
pub(super) fn table_text(file: &str, bytes: &[u8]) -> Result<String, ParseError> {
    Ok(text(file, bytes)?.replace("\r\n", "\n"))
}

/// The text of a file, without its byte order mark.
pub(super) fn text<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, ParseError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        ParseError::at(format!("{file}, line {line}"), "not UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
