//! The pictures of the workflows that ship, recorded in `tests/workflows/drawn` (`UPDATE=1 cargo test --test workflow_draw`
//! records anew), and what holds of the picture of any workflow.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

mod drawing_support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use drawing_support::{all, elements, hostile, pictures, texts, workflows};
use quorate::workflow::Workflow;

#[test]
fn every_workflow_that_ships_is_drawn_as_recorded() {
    let mut wrong = Vec::new();
    for (name, workflow) in workflows("workflows") {
        for (end, drawn) in [("svg", workflow.draw_svg()), ("mmd", workflow.draw_mermaid())] {
            let recorded = PathBuf::from("tests/workflows/drawn").join(format!("{name}.{end}"));
            if std::env::var_os("UPDATE").is_some() {
                fs::create_dir_all(recorded.parent().unwrap()).unwrap();
                fs::write(&recorded, &drawn).unwrap();
            }
            if fs::read_to_string(&recorded).unwrap_or_default() != drawn {
                wrong.push(recorded);
            }
        }
    }
    assert!(wrong.is_empty(), "not as drawn now: {wrong:?}");
}

#[test]
fn those_who_nominate_jointly_stand_beside_the_seat() {
    let text = fs::read_to_string("tests/workflows/flows/joint-nomination.toml").unwrap();
    let drawn = Workflow::parse(&text).unwrap().draw_svg();
    assert!(
        drawn.contains(">licensee and licensor nominate<") && drawn.contains(">licensor nominates<"),
        "{drawn}"
    );
}

#[test]
fn one_reading_is_told_as_one() {
    let text = fs::read_to_string("tests/workflows/flows/joint-nomination.toml").unwrap();
    let ours = |places: &str| {
        let text = text.replacen("nature ", &format!("ours = [{places}]\nnature "), 1);
        texts(&Workflow::parse(&text).unwrap().draw_svg()).join(" ")
    };
    let told = ours("'panel'");
    assert!(told.contains("1 choice or reading in it is the authors' and not the contract's."), "{told}");
    let told = ours("'panel', 'ballot'");
    assert!(told.contains("2 choices and readings in it are the authors'"), "{told}");
}

#[test]
fn pages_fit_on_paper_and_hold_all_of_the_picture_once_and_in_its_order() {
    for (name, workflow) in all() {
        let pages = workflow.draw_svg_pages();
        let mut together = Vec::new();
        for (page, number) in pages.iter().zip(1..) {
            let (_, attributes, _) = &elements(page)[0];
            let height: u32 = attributes["height"].trim_end_matches("mm").parse().unwrap();
            assert!(height <= 250 && attributes["width"] == "190mm", "{name}, page {number}: {height}");
            let mut told = texts(page);
            let foot =
                told.iter().position(|it| it.starts_with(&format!("Page {number} of {}.", pages.len())));
            let foot = told.split_off(foot.unwrap_or_else(|| panic!("{name}: page {number} has no foot")));
            if number > 1 {
                // The head: the title, as far as it fits on a line, and what goes on there.
                let title = told.remove(0);
                let whole = texts(&workflow.draw_svg()).join(" ");
                assert!(whole.starts_with(title.trim_end_matches(" …")), "{title}");
                while told.first().is_some_and(|line| line.ends_with("(continued)")) {
                    told.remove(0);
                }
            }
            let foot = foot.join(" ");
            assert!(foot.contains(&workflow.digest.to_string()), "{foot}");
            let specimen = workflow.nature == quorate::workflow::model::Nature::Specimen;
            assert_eq!(foot.contains("SPECIMEN: it binds nobody."), specimen, "{foot}");
            together.extend(told);
        }
        assert_eq!(together, texts(&workflow.draw_svg()), "{name}");
    }
    let long = workflows("workflows").into_iter().find(|(name, _)| name == "w3c-council").unwrap().1;
    assert!(long.draw_svg_pages().len() > 3);
}

#[test]
fn the_foot_speaks_of_lines_that_go_on_where_one_does() {
    let mut said = BTreeSet::new();
    for (name, workflow) in all() {
        for (page, number) in workflow.draw_svg_pages().iter().zip(1..) {
            let ends = elements(page).into_iter().filter(|(element, ..)| element == "polyline");
            let ends: Vec<i32> = ends
                .flat_map(|(_, attributes, _)| {
                    let points = attributes["points"].split(' ');
                    points.map(|point| point.split_once(',').unwrap().1.parse().unwrap()).collect::<Vec<_>>()
                })
                .collect();
            // The lowest line is the foot's own, 8 units below the drawing.
            let lowest = ends.iter().max().unwrap();
            let told =
                texts(page).join(" ").contains("Lines go on at the same place above on the next page.");
            assert_eq!(told, ends.contains(&(lowest - 8)), "{name}, page {number}");
            said.insert(told);
        }
    }
    assert_eq!(said.len(), 2);
}

#[test]
fn a_picture_is_well_formed_and_nothing_in_it_leaves_it() {
    for (name, svg) in pictures() {
        let elements = elements(&svg);
        let (root, attributes, _) = elements.first().unwrap();
        assert_eq!((root.as_str(), attributes["role"].as_str()), ("svg", "img"));
        let size: Vec<i32> = attributes["viewBox"].split(' ').map(|number| number.parse().unwrap()).collect();
        let number =
            |attributes: &BTreeMap<String, String>, key: &str| attributes[key].parse::<i32>().unwrap();
        for (element, attributes, text) in &elements {
            match element.as_str() {
                "text" => {
                    // Bold or not, it is fitted into its room, whatever font there is.
                    let width = number(attributes, "textLength");
                    assert!(number(attributes, "x") + width <= size[2], "{name}: {text}");
                    assert!(number(attributes, "y") < size[3], "{name}: {text}");
                    assert!(!text.is_empty());
                }
                "rect" if attributes.contains_key("x") => {
                    assert!(number(attributes, "x") + number(attributes, "width") <= size[2], "{name}");
                    assert!(number(attributes, "y") + number(attributes, "height") <= size[3], "{name}");
                }
                "polyline" | "polygon" => {
                    for point in attributes["points"].split(' ') {
                        let (x, y) = point.split_once(',').unwrap();
                        assert!((0..=size[2]).contains(&x.parse().unwrap()), "{name}: {point}");
                        assert!((0..=size[3]).contains(&y.parse().unwrap()), "{name}: {point}");
                    }
                }
                _ => {}
            }
        }
    }
}

#[test]
fn boxes_lie_beside_each_other_or_in_each_other_and_lines_of_text_do_not_overlap() {
    for (name, svg) in pictures() {
        let mut boxes: Vec<(i32, i32, i32, i32)> = Vec::new();
        let mut texts: Vec<(i32, i32, i32, i32, String)> = Vec::new();
        for (element, attributes, text) in elements(&svg) {
            let number = |key: &str| attributes[key].parse::<i32>().unwrap();
            if element == "rect" && attributes.contains_key("x") {
                boxes.push((
                    number("x"),
                    number("y"),
                    number("x") + number("width"),
                    number("y") + number("height"),
                ));
            }
            if element == "text" {
                let (x, y, size) = (number("x"), number("y"), number("font-size"));
                let width = number("textLength");
                texts.push((x, y - size + 3, x + width, y, text));
            }
        }
        for (place, a) in boxes.iter().enumerate() {
            for b in &boxes[place + 1..] {
                let apart = a.2 <= b.0 || b.2 <= a.0 || a.3 <= b.1 || b.3 <= a.1;
                let within = |a: &(i32, i32, i32, i32), b: &(i32, i32, i32, i32)| {
                    a.0 <= b.0 && a.1 <= b.1 && a.2 >= b.2 && a.3 >= b.3
                };
                assert!(apart || within(a, b) || within(b, a), "{name}: {a:?} {b:?}");
            }
        }
        for (place, a) in texts.iter().enumerate() {
            for b in &texts[place + 1..] {
                // A value's text is drawn once under its box's ground and once over it.
                let same = a == b;
                let apart = a.2 <= b.0 || b.2 <= a.0 || a.3 <= b.1 || b.3 <= a.1;
                assert!(apart || same, "{name}: {a:?} {b:?}");
            }
        }
    }
}

#[test]
fn every_step_leads_by_a_line_and_the_words_are_told_to_whoever_cannot_see_it() {
    for (name, workflow) in all() {
        let svg = workflow.draw_svg();
        let description = svg.split("<desc id=\"desc\">").nth(1).unwrap().split("</desc>").next().unwrap();
        let dots = svg.matches("r=\"2\" fill=\"#000\"").count();
        let mut leading = 0;
        for procedure in &workflow.procedures {
            leading += 1;
            for state in &procedure.states {
                assert!(description.contains(state.name.as_str()), "{name}");
                leading += state.steps.iter().filter(|step| step.to.is_some()).count();
            }
        }
        assert_eq!(dots, leading, "{name}");
        if workflow.nature == quorate::workflow::model::Nature::Specimen {
            assert!(description.contains("SPECIMEN") && svg.matches("SPECIMEN").count() == 2, "{name}");
        }
    }
}

/// The part of Mermaid's grammar of flowcharts that is written: a statement a line, labels in quotation marks.
fn mermaid_statement(line: &str) -> Option<(Vec<String>, Vec<String>)> {
    let id = |text: &str| {
        (!text.is_empty() && text.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()))
            .then(|| text.to_owned())
    };
    let quoted = |text: &str| -> Option<()> {
        let inner = text.strip_prefix('"')?.strip_suffix('"')?;
        let rest = inner.replace("<br/>", "");
        let plain = |it: char| it.is_alphanumeric() || " ,.-/():?'=+#;".contains(it);
        let entities = rest.split('#').skip(1).all(|it| {
            it.split_once(';')
                .is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit()))
        });
        (rest.chars().all(plain) && entities && rest.matches(';').count() == rest.matches('#').count())
            .then_some(())
    };
    if let Some(rest) = line.strip_prefix("subgraph ") {
        let (name, label) = rest.split_once(" [")?;
        quoted(label.strip_suffix(']')?)?;
        return Some((vec![id(name)?], vec![]));
    }
    if line == "end" || line.starts_with("accTitle: ") || line.starts_with("accDescr: ") {
        return Some((vec![], vec![]));
    }
    if let Some((from, to)) =
        line.split_once(" --> ").or_else(|| line.split_once(" -.- ")).filter(|(from, _)| !from.contains('"'))
    {
        return Some((vec![], vec![id(from)?, id(to)?]));
    }
    for arrow in [" -->|", " -.->|"] {
        if let Some((from, rest)) = line.split_once(arrow).filter(|(from, _)| !from.contains('"')) {
            let (label, to) = rest.rsplit_once("| ")?;
            quoted(label)?;
            return Some((vec![], vec![id(from)?, id(to)?]));
        }
    }
    let (name, shape) = line.split_at(line.find(['[', '(', '{'])?);
    for (open, close) in [("([", "])"), ("[[", "]]"), ("{{", "}}"), ("[/", "/]"), ("[", "]")] {
        if let Some(label) = shape.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
            quoted(label)?;
            return Some((vec![id(name)?], vec![]));
        }
    }
    None
}

#[test]
fn mermaid_is_in_its_grammar_whatever_a_workflow_says() {
    for (name, workflow) in all() {
        let drawn = workflow.draw_mermaid();
        let mut lines = drawn.lines();
        assert_eq!(lines.next(), Some("flowchart TB"));
        let (mut declared, mut used) = (BTreeSet::new(), BTreeSet::new());
        for line in lines {
            let (new, old) = mermaid_statement(line.trim()).unwrap_or_else(|| panic!("{name}: {line}"));
            for id in new {
                assert!(declared.insert(id.clone()), "{name}: {id} is declared twice");
            }
            used.extend(old);
        }
        assert!(used.is_subset(&declared), "{name}: {:?}", used.difference(&declared));
        assert_eq!(
            drawn.matches("subgraph ").count(),
            drawn.lines().filter(|line| line.trim() == "end").count()
        );
        let steps: usize =
            workflow.procedures.iter().flat_map(|it| &it.states).map(|it| it.steps.len()).sum();
        let arrows = drawn.matches(" -->").count();
        assert_eq!(arrows, steps + workflow.procedures.len(), "{name}");
    }
}

#[test]
fn a_workflow_is_drawn_in_the_same_bytes_each_time() {
    assert_eq!(hostile().draw_svg(), hostile().draw_svg());
    assert_eq!(hostile().draw_svg_pages(), hostile().draw_svg_pages());
    assert_eq!(hostile().draw_mermaid(), hostile().draw_mermaid());
}
