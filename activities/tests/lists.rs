//! Lists in their published shapes: the made-up samples of `docs/samples`, and what is not of its form.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use zapiki_activities::lists::{ListFormat, ParseError, parse};
use zapiki_core::day::Day;
use zapiki_core::screening::{ScreeningKey, ScreeningList};

const SDN_XML: &str = include_str!("../../docs/samples/sdn.xml");
const SDN_CSV: &str = include_str!("../../docs/samples/sdn.csv");
const ALT_CSV: &str = include_str!("../../docs/samples/alt.csv");
const COMMENTS_CSV: &str = include_str!("../../docs/samples/sdn_comments.csv");
const LIST_CSV: &str = include_str!("../../docs/samples/list.csv");

fn read(format: ListFormat, files: &[&str]) -> Result<ScreeningList, ParseError> {
    let files: Vec<Vec<u8>> = files.iter().map(|file| file.as_bytes().to_vec()).collect();
    parse(format, &files)
}

#[track_caller]
fn refused(format: ListFormat, files: &[&str]) -> String {
    match read(format, files) {
        Ok(list) => panic!("it was taken for a list of {} keys", list.keys.len()),
        Err(error) => error.to_string(),
    }
}

/// Every key that the samples allow, made by hand.
fn expected() -> Vec<ScreeningKey> {
    let day: Day = "1948-12-10".parse().unwrap();
    let country = |code: &str| code.parse().unwrap();
    let document = |number: &str, code| ScreeningKey::document(number, country(code)).unwrap();
    let mut keys = vec![
        document("X0000001", "KP"),
        document("X0000001", "SY"),
        // Without a country of its own: under the person's nationality.
        document("000000001", "SY"),
        document("000000002", "CO"),
        document("000000002", "RU"),
        // Of a country that is none: likewise.
        document("Z0000002", "RU"),
    ];
    for name in [
        "SPECIMEN Q EXAMPLE TESTSON",
        "specimen testov",
        "the placeholder",
    ] {
        keys.push(ScreeningKey::name_and_birth_date(name, day).unwrap());
        for year in [1948, 1950] {
            keys.push(ScreeningKey::name_and_birth_year(name, year).unwrap());
        }
    }
    for year in 1958..=1960 {
        keys.push(ScreeningKey::name_and_birth_year("Rangey OSample", year).unwrap());
    }
    keys.sort();
    keys
}

#[test]
fn ofac_xml_gives_every_key() {
    let list = read(ListFormat::OfacXml, &[SDN_XML]).unwrap();
    assert_eq!(list.keys, expected());
    let report = list.report;
    assert_eq!(report.published, Some("2026-11-20".parse().unwrap()));
    assert_eq!((report.entries, report.persons), (6, 3));
    for kind in ["entity", "vessel", "aircraft"] {
        assert_eq!(report.not_persons[kind], 1, "{kind}");
    }
    assert_eq!(
        (report.persons_without_keys, report.births_unreadable),
        (1, 1)
    );
    assert_eq!(report.unscreened, ["900003"]);
    assert_eq!(report.countries_unknown["Utopia"], 1);
    assert_eq!(report.not_documents["Gender"], 1);
    // What entities are told by is not counted.
    assert!(!report.not_documents.contains_key("Registration Number"));
    assert_eq!(report.keys["document"], 6);
    assert_eq!(report.keys["name_and_birth_date"], 3);
    assert_eq!(report.keys["name_and_birth_year"], 9);
}

#[test]
fn ofac_csv_gives_the_same_keys() {
    let list = read(ListFormat::OfacCsv, &[SDN_CSV, ALT_CSV, COMMENTS_CSV]).unwrap();
    assert_eq!(list.keys, expected());
    let report = list.report;
    assert_eq!((report.entries, report.persons), (6, 3));
    for kind in ["entity", "vessel", "aircraft"] {
        assert_eq!(report.not_persons[kind], 1, "{kind}");
    }
    assert_eq!(report.unscreened, ["900003"]);
    assert_eq!(report.births_unreadable, 1);
    assert_eq!(report.aliases_without_entry, 0);
    assert_eq!(report.countries_unknown["Utopia"], 1);
}

#[test]
fn without_the_comments_what_was_cut_is_missing() {
    let list = read(ListFormat::OfacCsv, &[SDN_CSV, ALT_CSV]).unwrap();
    assert!(list.keys.len() < expected().len());
    let of_other_edition =
        read(ListFormat::OfacCsv, &[SDN_CSV, "1,2,\"aka\",\"X\",-0- \n"]).unwrap();
    assert_eq!(of_other_edition.report.aliases_without_entry, 1);
}

#[test]
fn a_table_gives_the_same_keys() {
    let list = read(ListFormat::Csv, &[LIST_CSV]).unwrap();
    let mut expected = expected();
    // The table does not have the passport of Utopia.
    let gone = ScreeningKey::document("Z0000002", "RU".parse().unwrap()).unwrap();
    expected.retain(|key| *key != gone);
    assert_eq!(list.keys, expected);
    assert_eq!(list.report.unscreened, ["line 4"]);
}

#[test]
fn columns_stand_in_any_order_and_may_be_missing() {
    let list = read(
        ListFormat::Csv,
        &["\u{feff}birth_year,name\n1970,Ana Example\n"],
    )
    .unwrap();
    assert_eq!(
        list.keys,
        [ScreeningKey::name_and_birth_year("Ana Example", 1970).unwrap()]
    );
}

#[test]
fn xml_that_is_not_of_the_form_is_refused() {
    let cut = &SDN_XML[..SDN_XML.find("<uid>900003").unwrap()];
    let fewer = SDN_XML.replace("<Record_Count>6", "<Record_Count>7");
    let unnamed = SDN_XML.replace("<sdnType>Vessel</sdnType>", "");
    let entity = SDN_XML.replace("&amp;", "&unknown;");
    let doctype = SDN_XML.replace(
        "<sdnList",
        "<!DOCTYPE sdnList [<!ENTITY e SYSTEM \"file:///etc/hostname\">]><sdnList",
    );
    let latin = SDN_XML.replace("standalone=\"yes\"", "encoding=\"iso-8859-1\"");
    let date = SDN_XML.replace("11/20/2026", "2026-11-20");
    let crossed = SDN_XML.replace("</uid>", "</udi>");
    for (xml, says) in [
        ("", "ends before its list does"),
        (cut, "ends before its list does"),
        ("<other/>", "outermost element"),
        ("<sdnList/><sdnList/>", "outermost element"),
        ("text", "ends before its list does"),
        (&fewer, "6 entries and says that it has 7"),
        (&unnamed, "without `uid` or `sdnType`"),
        (&entity, "an entity that XML does not know"),
        (&doctype, "a document type"),
        (&latin, "another encoding than UTF-8"),
        (&date, "Publish_Date"),
        (&crossed, "not well-formed"),
        (&format!("<sdnList>{}", "<a>".repeat(40)), "nested deeper"),
        (
            &format!("<sdnList><a>{}</a>", "x".repeat(70_000)),
            "more text",
        ),
    ] {
        let error = refused(ListFormat::OfacXml, &[xml]);
        assert!(error.contains(says), "{says}: {error}");
    }
}

#[test]
fn csv_that_is_not_of_the_form_is_refused() {
    let short = SDN_CSV.replacen(",-0- ,-0- ,\"DOB 1958", ",-0- ,\"DOB 1958", 1);
    let header = format!("ent_num,a,b,c,d,e,f,g,h,i,j,k\n{SDN_CSV}");
    for (sdn, says) in [
        (
            short.as_str(),
            "SDN.CSV, line 2: another number of columns than 12",
        ),
        (
            header.as_str(),
            "SDN.CSV, line 1: its first column is not the number of an entry",
        ),
    ] {
        let error = refused(ListFormat::OfacCsv, &[sdn, ALT_CSV]);
        assert!(error.contains(says), "{says}: {error}");
    }
    let error = refused(ListFormat::OfacCsv, &[SDN_CSV, SDN_CSV]);
    assert!(error.contains("ALT.CSV, line 1"), "{error}");
    let files = [
        SDN_CSV.as_bytes().to_vec(),
        b"1,2,aka,M\xfcller,-0-\n".to_vec(),
    ];
    let error = parse(ListFormat::OfacCsv, &files).unwrap_err().to_string();
    assert!(error.contains("ALT.CSV, line 1: not UTF-8"), "{error}");
}

#[test]
fn a_table_that_is_not_of_the_form_is_refused() {
    for (table, says) in [
        ("", "no column `name`"),
        ("name,nmae\n", "a column of another name"),
        ("name,name\n", "twice"),
        ("aliases\n", "no column `name`"),
        ("name,birth_date\nA,10 Dec 1948\n", "line 2: `birth_date`"),
        (
            "name,birth_date\nA,1948-12-10\nB,1948-02-30\n",
            "line 3: `birth_date`",
        ),
        ("name,birth_year\nA,48\n", "line 2: `birth_year`"),
        (
            "name,birth_year\r\nA,1948\r\nB,48\r\n",
            "line 3: `birth_year`",
        ),
        ("name,nationality\nA,Utopia\n", "line 2: `nationality`"),
        (
            "name,document_number,document_country\nA,1;2;3,PT;ES\n",
            "one per `document_number`",
        ),
        ("name,document_country\nA,PT\n", "without `document_number`"),
        ("name,birth_year\nA\n", "line 2: another number of columns"),
    ] {
        let error = refused(ListFormat::Csv, &[table]);
        assert!(error.contains(says), "{says}: {error}");
    }
}

#[test]
fn a_list_has_the_files_of_its_form() {
    for (format, files) in [
        (ListFormat::OfacXml, vec![]),
        (ListFormat::OfacXml, vec![SDN_XML, SDN_XML]),
        (ListFormat::OfacCsv, vec![SDN_CSV]),
        (ListFormat::Csv, vec![LIST_CSV, LIST_CSV]),
    ] {
        assert!(refused(format, &files).contains("files"), "{format}");
    }
}
