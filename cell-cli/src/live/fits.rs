//! Records compared with the schemas that `cell.lock` names: a question may have become secret, and an
//! answer may be of a schema from before.

use std::path::Path;

use anyhow::{Result, bail};
use cell_model::question::{self, NotAsked};
use cell_model::schema::Schema;
use macro_bridge::answer::{Answer, Question};
use macro_bridge::failure::Failure;
use macro_bridge::failure::texts::live as texts;

use crate::live::refresh::Recorded;
use crate::schemas::Texts;

/// Why a record does not fit.
#[derive(Debug)]
pub(crate) enum Misfit {
    /// It must not be there at all.
    Secret(Failure),
    /// It is what another schema says.
    OtherShape(String),
}

/// What is wrong with a record, if its cell has these schemas. Without any there is nothing to compare
/// it with.
pub(crate) fn misfit(answer: &Answer, schemas: &[&Schema]) -> Option<Misfit> {
    if schemas.is_empty() {
        return None;
    }
    let Answer { question, reply, .. } = answer;
    let other = |what: String| Some(Misfit::OtherShape(what));
    let found = match question::find(schemas.iter().copied(), &question.function) {
        Ok(found) => found,
        Err(not @ NotAsked::Secret { .. }) => {
            return Some(Misfit::Secret(secret(question, &not)));
        }
        Err(not) => return other(not.to_string()),
    };
    if let Err(mismatch) = found.check_arguments(&question.arguments) {
        return other(format!("its arguments are others: {mismatch}"));
    }
    match reply.as_ref().map(|bytes| found.check_reply(bytes)) {
        Ok(Err(mismatch)) => other(format!("its answer is another: {mismatch}")),
        // What a cell says in words has no schema.
        Ok(Ok(())) | Err(_) => None,
    }
}

fn secret(question: &Question, not: &NotAsked) -> Failure {
    let path = format!(".cell/answers/{}/{}", question.cell, question.key());
    let mut failure = texts::secret(question, &not.to_string());
    failure.help.insert(0, format!("remove this file, also from the project's history: {path}"));
    failure.note("an answer is recorded, from before it was secret")
}

/// Fails if what is recorded in a project is secret by these schemas.
pub(crate) fn refuse_secrets(root: &Path, schemas: &Texts) -> Result<()> {
    let recorded = Recorded::read(root)?;
    let secrets = recorded.answers.values().filter_map(|answer| {
        let of_cell = schemas.get(&answer.question.cell).into_iter().flat_map(|it| it.values());
        match misfit(answer, &of_cell.collect::<Vec<_>>()) {
            Some(Misfit::Secret(failure)) => Some(failure),
            _ => None,
        }
    });
    let secrets: Vec<String> = secrets.map(|failure| failure.to_string()).collect();
    if secrets.is_empty() {
        return Ok(());
    }
    bail!("{}", secrets.join("\n\nerror: "))
}

#[cfg(test)]
mod tests {
    use macro_bridge::answer::Source;
    use macro_bridge::failure::Kind;

    use super::*;

    const SCHEMA: &str = "cell-schema 1\nservice Oracle\n";

    fn schema(text: &str) -> Schema {
        cell_model::schema::read(&format!("{SCHEMA}{text}")).unwrap()
    }

    fn answer(arguments: &[u8], reply: Result<&[u8], &str>) -> Answer {
        let (cell, function) = ("oracle".to_owned(), "value".to_owned());
        let question = Question { cell, function, arguments: arguments.to_vec() };
        let reply = reply.map(<[u8]>::to_vec).map_err(str::to_owned);
        Answer { question, reply, source: Source::default() }
    }

    #[test]
    fn records_are_compared_with_the_schema() {
        let now = schema("method value(number: u64) -> string at compile time\n");
        let good = answer(b"\x81\xa6number\x07", Ok(b"\xa3abc"));
        let what = |answer: &Answer, schema: &Schema| match misfit(answer, &[schema]) {
            None => String::new(),
            Some(Misfit::OtherShape(what)) => what,
            Some(Misfit::Secret(failure)) => failure.to_string(),
        };
        assert_eq!(what(&good, &now), "");
        assert_eq!(what(&answer(b"\x81\xa6number\x07", Err("no")), &now), "");
        assert!(misfit(&good, &[]).is_none());
        let of = |text: &str| what(&good, &schema(text));
        let text = of("method value(number: u64) -> u64 at compile time\n");
        assert!(text.contains("its answer is another"), "{text}");
        let text = of("method value(name: string) -> string at compile time\n");
        assert!(text.contains("its arguments are others"), "{text}");
        assert!(of("method other() -> u64 at compile time\n").contains("there is no method"));
        assert!(of("method value(number: u64) -> string\n").contains("is not marked"));
    }

    #[test]
    fn what_became_secret_must_not_be_recorded() {
        let now = schema(
            "method value(number: u64) -> Word at compile time\n\nsecret struct Word\n  text: string\n",
        );
        let record = answer(b"\x81\xa6number\x07", Ok(b"\xa3abc"));
        let Some(Misfit::Secret(failure)) = misfit(&record, &[&now]) else { panic!("no secret") };
        assert_eq!(failure.kind, Kind::SecretQuestion);
        let text = failure.to_string();
        assert!(
            text.contains("remove this file") && text.contains(".cell/answers/oracle/"),
            "{text}"
        );

        let folder = tempfile::tempdir().unwrap();
        let key = record.question.key().to_string();
        let cell = folder.path().join(".cell/answers/oracle");
        std::fs::create_dir_all(&cell).unwrap();
        std::fs::write(cell.join(key), record.encode()).unwrap();
        let texts = |schema: Schema| -> Texts {
            [("oracle".to_owned(), [("Oracle".to_owned(), schema)].into())].into()
        };
        let error = refuse_secrets(folder.path(), &texts(now)).unwrap_err().to_string();
        assert!(error.contains("CELL0312"), "{error}");
        let plain = schema("method value(number: u64) -> string at compile time\n");
        refuse_secrets(folder.path(), &texts(plain)).unwrap();
    }
}
