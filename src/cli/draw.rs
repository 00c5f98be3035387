//! `workflow draw`: the picture of a workflow, whole or in pages.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::answer::{Answer, path};
use super::error::CliError;
use super::parcel::write_new;
use super::show::{Page, Tone, visible};
use super::workflow::read;
use crate::workflow::model::Workflow;

/// What to draw, and how.
#[derive(Debug, Args)]
pub struct DrawArgs {
    /// The workflow
    file: PathBuf,
    /// As what; without it as the ending of --out says, or as SVG
    #[arg(long, value_enum)]
    format: Option<Picture>,
    /// In pages for A4, of at most 250 mm, each a file: --out annex.svg writes annex-1.svg, annex-2.svg, …
    #[arg(long, requires = "out")]
    pages: bool,
    /// Write it to a new file instead of showing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The format of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Picture {
    /// One picture, 190 mm wide and as long as it has to be; with --pages, pages for A4
    Svg,
    /// A Mermaid flowchart
    Mermaid,
}

/// Runs `workflow draw`.
///
/// # Errors
/// The workflow does not pass, the form and the name of the file do not fit, or a file is there already.
pub fn run(args: &DrawArgs) -> Result<Answer, CliError> {
    let format = args.form()?;
    let (_, workflow) = read(&args.file)?;
    if args.pages {
        return draw_pages(args, format, &workflow);
    }
    let (format, picture) = match format {
        Picture::Svg => ("svg", workflow.draw_svg()),
        Picture::Mermaid => ("mermaid", workflow.draw_mermaid()),
    };
    let mut page = Page::default();
    match &args.out {
        Some(out) => {
            write_new(out, picture.as_bytes())?;
            page.line(Tone::Good, &format!("wrote {}", out.display()));
        }
        None => {
            page.raw(picture.trim_end());
        }
    }
    let out = args.out.as_deref().map(path);
    Ok(Answer::done(
        page,
        json!({ "digest": workflow.digest, "format": format, "picture": picture, "out": out }),
    ))
}

/// Each page in a file of its own, or none where one of them is there already.
fn draw_pages(args: &DrawArgs, format: Picture, workflow: &Workflow) -> Result<Answer, CliError> {
    if format == Picture::Mermaid {
        return Err(CliError::usage("--pages is for SVG: a Mermaid flowchart has no pages"));
    }
    let Some(out) = &args.out else {
        return Err(CliError::usage("--pages writes files: say --out annex.svg"));
    };
    let pages = workflow.draw_svg_pages();
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let end = out.extension().map_or_else(|| "svg".into(), |end| end.to_string_lossy());
    let file =
        |(number, page): (usize, _)| (out.with_file_name(format!("{stem}-{}.{end}", number + 1)), page);
    let files: Vec<(PathBuf, &String)> = pages.iter().enumerate().map(file).collect();
    if let Some((there, _)) = files.iter().find(|(file, _)| file.exists()) {
        let there = there.display();
        return Err(CliError::usage(format!("{there} is there already; name another file, or remove it")));
    }
    let mut page = Page::default();
    for (file, picture) in &files {
        write_new(file, picture.as_bytes())?;
        page.line(Tone::Good, &format!("wrote {}", file.display()));
    }
    let out: Vec<Value> = files.iter().map(|(file, _)| path(file)).collect();
    Ok(Answer::done(
        page,
        json!({ "digest": workflow.digest, "format": "svg", "pictures": pages, "out": out }),
    ))
}

impl DrawArgs {
    /// What is to be written: as `--format` or the ending of `--out` says, which must not say different things.
    fn form(&self) -> Result<Picture, CliError> {
        let end = self.out.as_deref().and_then(Path::extension);
        let end = end.map(|end| end.to_string_lossy().to_lowercase());
        let by_name = match end.as_deref() {
            Some("svg") => Some(Picture::Svg),
            Some("mmd" | "mermaid") => Some(Picture::Mermaid),
            _ => None,
        };
        match (self.format, by_name, end) {
            (Some(said), Some(named), Some(end)) if said != named => {
                let end = visible(&end);
                Err(CliError::usage(format!(
                    "--format says otherwise than the ending .{end} of --out: leave one out"
                )))
            }
            (None, None, Some(end)) => {
                let end = visible(&end);
                Err(CliError::usage(format!(
                    "nothing is drawn as .{end}: name a file.svg or file.mmd, or say --format svg or --format mermaid"
                )))
            }
            (said, named, _) => Ok(said.or(named).unwrap_or(Picture::Svg)),
        }
    }
}
