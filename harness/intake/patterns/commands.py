"""How texts try to command the model that reads them, by language: forget orders, be another, hand over."""

from __future__ import annotations

import re
from typing import NamedTuple


class _Tongue(NamedTuple):
    """Parts of such sentences as expressions over lower-case text; whatever language, they are put alike."""

    ignore: str
    """Verbs for taking no notice."""
    former: str
    """Adjectives in front of the orders."""
    orders: str
    """What is to be ignored."""
    past: str
    """Adjectives behind the orders."""
    now: str
    """You are from now on."""
    role: str
    """Somebody else."""
    show: str
    """Verbs for showing."""
    prompt: str
    """What was said in secret."""
    send: str
    """Verbs for sending."""
    goods: str
    """What should not leave."""
    to: str
    """In front of an address."""


_TONGUES = (
    _Tongue(
        ignore="ignore|ignoring|disregard|disregarding|forget|override|bypass|do not follow|don't follow"
        "|stop following",
        former="previous|prior|above|earlier|preceding|foregoing|initial|original|system|developer",
        orders="instructions?|prompts?|rules|guidelines?|directions|directives?|commands|context",
        past="above|before this|you were given|you have been given|you received|so far",
        now=r"(?:you are now|from now on,? you(?:'re| are))(?: in| an?| the| called| acting as)?",
        role="assistant|ai|bot|chatbot|model|dan|admin|administrator|root|hacker|agent|pirate"
        "|terminal|interpreter|developer mode|debug mode|jailbroken|unrestricted|unfiltered",
        show="(?:reveal|show|print|repeat|output|display|dump|leak|give|tell)(?: me| us)?"
        " (?:your|the)(?: full| entire)?|what(?: is|'s) your",
        prompt="(?:system|hidden|initial|developer|secret) (?:prompt|instructions?)",
        send="send|post|upload|forward|transmit|exfiltrate|leak",
        goods=r"passwords?|credentials?|api keys?|secrets?|conversation|chat history|system prompt"
        r"|everything|contents?|(?:user|customer|all) (?:\w+ )?(?:data|records|messages)",
        to="to",
    ),
    _Tongue(
        ignore=r"ignorier\w*|missacht\w*|vergiss|vergessen sie|umgeh\w*|überschreib\w*",
        former=r"(?:vorherig|bisherig|vorig|obig|früher|vorangegangen|ursprünglich|vorstehend"
        r"|sämtlich|system|dein|all)\w*",
        orders=r"\w*(?:anweisung|instruktion|befehl|vorgabe|anleitung|prompt)\w*|regeln",
        past="von oben|von vorhin|von vorher|bisher",
        now="(?:du bist|sie sind) (?:jetzt|nun|ab sofort|ab jetzt)(?: eine?| der| die)?",
        role=r"assistent\w*|ki|bot|chatbot|modell|hacker|admin\w*|pirat|dan",
        show=r"(?:zeig\w*|verrat\w*|nenn\w*|gib|wiederhol\w*)(?: mir| uns)? (?:deine?n?|den|die|ihren?)",
        prompt=r"system-?\s?prompt|system-?anweisung\w*"
        r"|(?:geheimen?|ursprünglichen?) (?:prompt|anweisung\w*)",
        send=r"sende\w*|schick\w*|übermittle\w*|übermitteln|leite",
        goods=r"pass\w*|zugangsdaten|schlüssel|gespräch\w*|\w*verlauf|kundendaten|alle daten|inhalte?",
        to="an|nach",
    ),
    _Tongue(
        ignore="ignore[zrs]?|oublie[zrs]?|négligez?|(?:tiens|tenez) (?:pas|plus) compte",
        former="précédent|précédente|précédents|précédentes",
        orders="instructions?|consignes?|ordres?|directives?|règles?|prompts?",
        past=r"précédent\w*|antérieur\w*|ci-dessus|initia\w*|du système|système|d'origine|reçue?s?",
        now="(?:tu es|vous êtes) (?:maintenant|désormais|à présent)(?: une?| le| la)?",
        role=r"assistante?|ia|bot|chatbot|modèle|pirate|hacker|admin\w*|dan",
        show="(?:montre|révèle|affiche|donne|répète)[zr]?(?:[ -]moi|[ -]nous)? (?:ton|tes|votre|vos|le|les)",
        prompt="(?:prompt|invite|message|instructions) (?:système|du système|initiale?s?|cachée?s?"
        "|secrete?s?)",
        send="envoie|envoyez|transmets|transmettez|publie|publiez",
        goods="mots? de passe|identifiants|conversation|historique|clés?|données|contenu",
        to="à|vers",
    ),
    _Tongue(
        ignore="ignor(?:a|e|ar|en)|olvid(?:a|e|ar)|descart(?:a|e|ar)|omit(?:e|a|ir)|haz caso omiso"
        "|desobedece",
        former=r"anteriores|previas|previos",
        orders="instrucciones|instrucción|indicaciones|indicación|órdenes|reglas|directrices|prompts?",
        past=r"anterior\w*|previ[ao]s?|de arriba|iniciales|del sistema|original\w*|recibid[ao]s?",
        now="(?:ahora|a partir de ahora)(?: tú)? eres(?: una?| el| la)?",
        role=r"asistente|ia|bot|chatbot|modelo|pirata|hacker|admin\w*|dan",
        show="(?:muestra|revela|muéstrame|dime|repite|imprime)(?: me)? (?:tu|tus|el|las|su|sus)",
        prompt="(?:prompt|mensaje|instrucciones) (?:del? sistema|iniciale?s?|ocult[ao]s?|secret[ao]s?)",
        send="envía|envíe|manda|mande|publica|sube|reenvía",
        goods="contraseñas?|credenciales|conversación|historial|claves?|datos|contenido",
        to="a",
    ),
)
_PHRASES = (
    r"(?:ignore|disregard|forget|override|bypass)(?: all(?: of)?| any)?(?: the| your| its| these| those)? "
    r"(?:system prompt|instructions (?:above|before|given|you|so far)|programming|guardrails"
    r"|safety (?:rules|guidelines))",
    "(?:ignore|disregard|forget) (?:all|any|all of|all your|your|all of your)(?: the)?"
    " (?:instructions|guidelines)",
    "(?:ignore|disregard|forget) (?:everything|anything|all)(?: that)?"
    " (?:above|before this|you (?:were|have been|know)|i said)",
    "(?:ignore|disregard|forget) the above(?= and| then|,) ?\\w*",
    "repeat (?:the words|everything) above",
    "do anything now",
    "oublie[zr]? (?:toutes )?(?:tes|vos) (?:instructions|consignes|directives)",
    "(?:ignor[ae]|olvid[ae]) (?:todas )?(?:tus|sus) (?:instrucciones|directrices|indicaciones)",
    "(?:ignor[ae]|olvid[ae]) todo lo (?:anterior|de arriba)",
    "(?:developer|debug|god|dan|jailbreak) mode(?: is)? (?:enabled|activated|on)",
    r"if you are an? (?:ai|llm|(?:large )?language model|chatbot)\b[^.!?\n]{0,40} "
    r"(?:must|should|please|reply|respond|say)",
)
# Chat templates: ChatML and o200k, Llama 2 and 3, Gemma; then headings of instruction sets
_TOKENS = re.compile(
    r"<\|(?:im_start|im_end|im_sep|system|user|assistant|start_header_id|end_header_id|eot_id|eom_id"
    r"|begin_of_text|end_of_text|endoftext|endofprompt|start|channel|message)\|>"
    r"|\[/?inst\]|<</?sys>>|<(?:start|end)_of_turn>"
    r"|(?:^|\n)[ \t]{0,8}(?:\#{2,4} ?|\[)system(?: prompt| message| override)?(?:\]:?|:)"
    r"|\b(?:system|admin|administrator) override ?[:!]"
    r"|(?:^|\n)[ \t]{0,8}system ?: ?(?:ignore|disregard|from now|override|new|do not|reveal)\b"
    r"|\bnew (?:system )?instructions? ?: ?(?:you|ignore|from|do|reveal|always)\b"
)
_ROLES = ("<|", "inst]", "sys>>", "_of_turn>", "system", " override", "new ")


def _sentences(tongue: _Tongue) -> re.Pattern[str]:
    few = r"(?:[^\s.!?]{1,40} ){0,%d}?"
    forget = (
        rf"(?<!not )(?<!n't )(?<!never )(?:{tongue.ignore}) {few % 4}"
        rf"(?:(?:{tongue.former})[ -]{few % 2}(?:{tongue.orders})"
        rf"|(?:{tongue.orders}) {few % 2}(?:{tongue.past}))"
    )
    become = rf"(?:{tongue.now}) (?:\w+ ){{0,2}}?(?:{tongue.role})"
    reveal = rf"(?:{tongue.show}) (?:{tongue.prompt})"
    leak = (
        rf"(?:{tongue.send}) [^.!?\n]{{0,60}}\b(?:{tongue.goods})\b[^.!?\n]{{0,60}} (?:{tongue.to}) "
        r"[^.!?\n]{0,24}https?://\w+"
    )
    return re.compile(rf"\b(?:{forget}|{become}|{reveal}|{leak})\b")


_SENTENCES = (*map(_sentences, _TONGUES), re.compile(rf"\b(?:{'|'.join(_PHRASES)})\b"))
_STEMS = (
    "ignor", "disregard", "forget", "override", "bypass", "follow", "prompt", "you are", "do anything",
    " mode ", "http", "vergiss", "vergessen", "missacht", "umgeh", "überschr", "du bist", "sie sind",
    "system", "oublie", "négligez", "compte", "tu es", "vous êtes", "message", "instruc", "olvid", "descart",
    "omi", "desobedece", " eres", "anweisung", "from now", "repeat", "ignora",
)  # fmt: skip
"""One of these stands in every sentence."""
_GAPS = re.compile(r"[ \t\xa0]*\r?\n?[ \t\xa0]+|(?<=[\w,])\r?\n(?=\w)")
"""One end of a line within a sentence is a space."""


def commands(text: str) -> bool:
    """Whether the text speaks to a model over its owner's head."""
    lowered = text.lower()
    if any(mark in lowered for mark in _ROLES) and _TOKENS.search(lowered):
        return True
    if not any(stem in lowered for stem in _STEMS):
        return False
    spaced = _GAPS.sub(" ", lowered)
    return any(sentence.search(spaced) for sentence in _SENTENCES)
