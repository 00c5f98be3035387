//! The workflows that are drawn, and what is read off their pictures.

#![allow(dead_code)] // each test binary uses a part of it
#![allow(clippy::unwrap_used, clippy::panic)] // the configuration exempts `#[test]` functions alone

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use quorate::workflow::Workflow;

/// The workflows of a folder, by file name.
pub fn workflows(folder: &str) -> Vec<(String, Workflow)> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, Workflow::parse(&fs::read_to_string(&path).unwrap()).unwrap())
    };
    files.into_iter().map(read).collect()
}

/// Those that ship, those that show a flow, and one whose words would break a careless picture.
pub fn all() -> Vec<(String, Workflow)> {
    let mut all: Vec<_> =
        workflows("workflows").into_iter().chain(workflows("tests/workflows/flows")).collect();
    assert!(all.len() >= 3, "{}", all.len());
    all.push(("hostile".to_owned(), hostile()));
    all
}

/// Names and texts as long and as wild as the language lets them be.
pub fn hostile() -> Workflow {
    let text = fs::read_to_string("workflows/agi-2025.toml").unwrap();
    let long = "a".repeat(64);
    let text = text.replace("forming", &long).replace("\"met\"", &format!("\"{}\"", "met-".repeat(15) + "x"));
    let text = text.replace("met >= 2/3", &format!("{} >= 2/3", "met-".repeat(15) + "x"));
    let title = "title = \"</text><b> & ]]> --> |x| %% {{init}} #quot; ; ` ' </script> end 東京 ".to_owned()
        + &"wide ".repeat(40)
        + "\"";
    let text = text.replacen(
        "title    = \"AGI verification under the Microsoft-OpenAI agreement of 28 October 2025\"",
        &title,
        1,
    );
    Workflow::parse(&text).unwrap_or_else(|found| panic!("{}", found.render("hostile", &text, false)))
}

/// The elements of a picture: name, attributes, text. Fails where the XML is not well formed.
pub fn elements(svg: &str) -> Vec<(String, BTreeMap<String, String>, String)> {
    let mut found: Vec<(String, BTreeMap<String, String>, String)> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        assert!(!text.contains('>') && !tag.contains('<'), "{part}");
        for entity in text.split('&').skip(1).chain(tag.split('&').skip(1)) {
            assert!(
                ["amp;", "lt;", "gt;", "quot;"].iter().any(|known| entity.starts_with(known)),
                "&{entity}"
            );
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let closed = tag.ends_with('/');
        let (name, rest) = tag.trim_end_matches('/').split_once(' ').unwrap();
        let mut attributes = BTreeMap::new();
        for (place, piece) in
            rest.split('"').enumerate().collect::<Vec<_>>().chunks(2).filter_map(|it| match it {
                [name, value] => Some((name.1, value.1)),
                _ => None,
            })
        {
            assert!(
                attributes.insert(place.trim().trim_end_matches('=').to_owned(), piece.to_owned()).is_none(),
                "{tag}"
            );
        }
        found.push((name.to_owned(), attributes, text.trim().to_owned()));
        if !closed {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?}");
    found
}

/// Every picture of every workflow: whole, and each of its pages.
pub fn pictures() -> Vec<(String, String)> {
    let of = |(name, workflow): (String, Workflow)| {
        let pages = workflow.draw_svg_pages().into_iter().zip(1..);
        let pages = pages.map(|(page, number)| (format!("{name}, page {number}"), page));
        std::iter::once((name.clone(), workflow.draw_svg())).chain(pages).collect::<Vec<_>>()
    };
    all().into_iter().flat_map(of).collect()
}

/// The lines of text in a picture.
pub fn texts(svg: &str) -> Vec<String> {
    elements(svg).into_iter().filter(|(element, ..)| element == "text").map(|(.., text)| text).collect()
}
