"""Behind the prompt, a real chat tokenizer reads the extraction, its end, and nothing else.

Trainers that mask prompts take a loss on what follows the tokens of the prompt. This holds without
any of them: the tokenizers and chat formats are those of Mistral's models.
"""

from __future__ import annotations

import pytest
from mistral_common.protocol.instruct.messages import AssistantMessage, UserMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import ValidationMode
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

from relgen_assets.export.training import ChatExample, chat
from relgen_assets.text.tokenizer import default_model
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

FILES = ("tokenizer.model.v1", "mistral_instruct_tokenizer_240323.model.v3")
"""Turns are marked by text in the first, and by tokens of their own in the second."""


@pytest.mark.parametrize("form", ["compact", "indented"])
@pytest.mark.parametrize("file", FILES)
def test_what_follows_the_tokens_of_the_prompt_is_the_extraction(file: str, form: str) -> None:
    rules = shaping(answer_json=form)
    path = default_model().parent / file
    asking = MistralTokenizer.from_file(path)
    training = MistralTokenizer.from_file(path, mode=ValidationMode.finetuning)
    for example in batch_of("lake-0", "lake-2").examples_under(rules):
        (row,) = chat(example, rules)
        assert isinstance(row, ChatExample)
        shown, learned = row.messages
        user = UserMessage(content=shown.content)
        prompt = asking.encode_chat_completion(ChatCompletionRequest(messages=[user])).tokens
        both = [user, AssistantMessage(content=learned.content)]
        whole = training.encode_chat_completion(ChatCompletionRequest(messages=both)).tokens
        assert whole[: len(prompt)] == prompt
        assert training.decode(whole[len(prompt) :]).strip() == example.extraction
