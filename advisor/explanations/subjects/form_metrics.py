"""What each metric of form counts (structure, terms, placeholders, style), and when it misleads."""

from .._kind import Entry, Subject

SUBJECT = Subject(
    name="form_metrics",
    entries=(
        Entry(
            name="json_valid",
            title="valid JSON",
            kind="metric",
            what="The share of outputs that are JSON from the first character to the last.",
            paragraphs=(
                "JSON after a sentence or within a fence of backticks is not valid, because the program that "
                "reads it would fail. So are NaN, a key given twice and an answer that was cut.",
                "Read it first of three: valid JSON, JSON that meets its schema, field F1. They tell a model "
                "that cannot keep the form from one that keeps it and fills it wrongly.",
            ),
            see_also=("schema_valid", "field_f1", "structured_output"),
            aliases=("json validity", "parse rate"),
        ),
        Entry(
            name="schema_valid",
            title="JSON that meets its schema",
            kind="metric",
            what="The share of outputs that are JSON with the wanted keys and types, whatever the values "
            "say.",
            paragraphs=(
                "The schema is a JSON Schema file that plan.toml names as json_schema under [metrics]. "
                "Without one it is what the training outputs have in common: the keys, those that are always "
                "there, and the types.",
                "A schema taken from training outputs knows no other keys, unless a validation row has some.",
            ),
            see_also=("json_valid", "field_f1", "structured_output"),
            aliases=("schema validity", "schema-valid rate"),
        ),
        Entry(
            name="field_f1",
            title="field F1",
            kind="metric",
            what="How many values of the JSON outputs stand under the right key and are right: F1 over the "
            "values of each row, then the mean over rows.",
            paragraphs=(
                'Output {"name": "Ann", "age": 31}, target {"name": "Ann", "age": 30}: one of two values is '
                "right on either side, F1 is 0.5. A key that was made up costs precision, a missing one "
                "recall.",
                'Case and blanks of texts do not count, and 12 equals 12.0; "12" does not equal 12. Neither '
                "the "
                "order of keys nor that of list entries counts.",
                "All values weigh the same. Where one field matters more than the others, look at it by "
                "itself.",
            ),
            see_also=("schema_valid", "json_valid", "slot_f1"),
            aliases=("field-level f1", "key value f1"),
        ),
        Entry(
            name="slot_f1",
            title="slot F1",
            kind="metric",
            what="How many parts of a call such as inform(name[Far Cry 3], year[2012]) are right: its name "
            "and each pair of slot and value, as F1, then the mean over rows.",
            paragraphs=(
                "The order of slots does not count, nor do case and blanks. A value that lists several "
                "things, separated by commas, counts once for each.",
                "An output that cannot be read as a call has no slot right.",
            ),
            see_also=("field_f1", "exact_match", "structured_output"),
            aliases=("slot error rate", "meaning representation", "semantic parsing"),
        ),
        Entry(
            name="sql_match",
            title="same rows from SQL",
            kind="metric",
            what="The share of outputs that are SQL and give the rows which the wanted SQL gives, on every "
            "database at hand.",
            paragraphs=(
                "plan.toml names a SQLite file, or a folder of them, as database under [metrics]; a row's "
                "meta.db_id picks one of a folder. The model's SQL runs only with --allow-execution, for "
                "reading only, in a process of its own, for three seconds at most.",
                "Rows are compared by position of their columns; their order counts where the wanted "
                "statement ends in ORDER BY. A wanted statement that fails or gives no rows leaves its row "
                "without a score.",
                "On one small database a wrong statement may give the right rows by chance: put several with "
                "different contents in the folder.",
            ),
            see_also=("exact_match", "slot_f1", "chrf"),
            aliases=("execution match", "execution accuracy", "text to sql"),
        ),
        Entry(
            name="terms",
            title="terms used",
            kind="metric",
            what="The share of the required terms that stand in the outputs, over the rows that have any.",
            paragraphs=(
                "A row's terms are those of its meta.terms, and those of the glossary that plan.toml names "
                "under [metrics] whose source stands in the input. A glossary is a CSV or TSV file: a term, "
                "and how it is put, other ways after a | sign.",
                "Case does not count, and an ending of one or two letters is forgiven on words of five "
                "letters or more. Forms that change within the word are missed: give them as other ways.",
                "It does not see whether the term stands in the right place.",
            ),
            see_also=("placeholders", "chrf", "style"),
            aliases=("terminology", "glossary", "term hit rate"),
        ),
        Entry(
            name="placeholders",
            title="placeholders and numbers kept",
            kind="metric",
            what="The share of the placeholders, tags, addresses and numbers shared by input and wanted "
            "output that the output keeps letter for letter.",
            paragraphs=(
                "{name}, %s, <b>, https://example.com and 1,200 are such. One that the wanted output leaves "
                "out, or writes in another way, is not asked for.",
                "A broken placeholder breaks the program around it, and overlap hardly notices.",
            ),
            see_also=("terms", "chrf", "schema_valid"),
            aliases=("placeholder preservation", "numbers kept"),
        ),
        Entry(
            name="style",
            title="wanted style",
            kind="metric",
            what="How surely a classifier takes the output for one of the wanted outputs rather than for an "
            "input: its probability, and the mean over rows.",
            paragraphs=(
                "It learns from training rows to tell wanted outputs from the inputs of the same rows, by "
                "short runs of letters, and is used only where it tells at least 9 of 10 pairs of validation "
                "rows.",
                "It sees tone and wording, no facts: a wrong answer in the right tone scores high. Read it "
                "beside a measure of content, and let people who own the style judge some outputs.",
            ),
            see_also=("chrf", "terms", "token_f1"),
            aliases=("style adherence", "tone of voice", "brand voice"),
        ),
    ),
)
