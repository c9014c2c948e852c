"""What each metric of structured outputs counts, when it misleads, and an example."""

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
            aliases=("json schema", "schema validity"),
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
    ),
)
