//! The files of sanctions lists, in each of their forms.
//!
//! The first byte says which form; the files of one that has several are separated by a zero byte. The parsers are compiled into
//! this crate by their paths: theirs depends on Temporal's SDK, which would take minutes to instrument.

#[path = "../../activities/src/lists/country_names.rs"]
mod country_names;
#[path = "../../activities/src/lists/ofac_csv.rs"]
mod ofac_csv;
#[path = "../../activities/src/lists/ofac_xml.rs"]
mod ofac_xml;
#[path = "../../activities/src/lists/parse.rs"]
mod parse;
#[path = "../../activities/src/lists/particulars.rs"]
mod particulars;
#[path = "../../activities/src/lists/table.rs"]
mod table;

use parse::{ListFormat, parse};

/// A list that is read has each key once and in order, adds up, and is the same when it is read again.
pub fn check(data: &[u8]) {
    let Some((form, data)) = data.split_first() else {
        return;
    };
    let (format, files): (_, Vec<Vec<u8>>) = match form {
        b'x' => (ListFormat::OfacXml, vec![data.to_vec()]),
        b'o' => {
            let files = data.split(|byte| *byte == 0);
            (ListFormat::OfacCsv, files.map(<[u8]>::to_vec).collect())
        }
        _ => (ListFormat::Csv, vec![data.to_vec()]),
    };
    let read = parse(format, &files);
    match (&read, &parse(format, &files)) {
        (Ok(one), Ok(other)) => {
            assert_eq!(one.keys, other.keys);
            assert_eq!(one.report, other.report);
        }
        (Err(one), Err(other)) => assert_eq!(one, other),
        _ => panic!("once a list and once none"),
    }
    let Ok(list) = read else { return };
    assert!(
        list.keys
            .is_sorted_by(|one, next| one.as_bytes() < next.as_bytes()),
        "a key is there twice, or out of order"
    );
    let report = &list.report;
    assert!(report.persons <= report.entries);
    let others: u64 = report.not_persons.values().sum();
    assert_eq!(report.persons + others, report.entries, "somebody is lost");
    assert!(report.persons_without_keys <= report.persons);
    if report.persons == report.persons_without_keys {
        assert!(list.keys.is_empty());
    }
}
