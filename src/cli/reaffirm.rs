//! `reaffirm`: all parties record that the workflow stands.

use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::documents::{Attach, Documents};
use super::error::CliError;
use super::signing::{Desk, Signing};
use crate::statement::{Body, Reaffirm};

/// Record, with every party's signatures, that the workflow stands unchanged
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  quorate reaffirm --occasion 'joint statement of 27 February 2026' \\\n      --key openai-1 --key openai-2 --key microsoft-1 --key microsoft-2"
)]
pub struct ReaffirmArgs {
    /// On what occasion, in words
    #[arg(long)]
    occasion: String,
    #[command(flatten)]
    attach: Attach,
    #[command(flatten)]
    signing: Signing,
}

/// Runs `reaffirm`.
///
/// # Errors
/// The statement is refused.
pub fn run(context: &Context, args: &ReaffirmArgs) -> Result<Answer, CliError> {
    let documents = Documents::read(&args.attach.attach)?;
    let desk = Desk::open(context, &args.signing)?;
    let by = desk.state().all_parties();
    let body = Body::Reaffirm(Reaffirm { occasion: args.occasion.clone(), attach: documents.attachments() });
    desk.finish(context, &args.signing, by, body, documents)
}
