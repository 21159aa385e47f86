// Drives the gateway with Go's clients. Usage: go run . <url> <key> <model>. Prints a line of JSON for each try.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	sashabaranov "github.com/sashabaranov/go-openai"
)

const (
	hello   = "Say hello."
	weather = "What is the weather in Oslo?"
	who     = "Who wrote the first program?"
)

var (
	url, key, model = os.Args[1], os.Args[2], os.Args[3]
	ctx             = context.Background()
	cityParameters  = map[string]any{
		"type":                 "object",
		"properties":           map[string]any{"city": map[string]any{"type": "string"}},
		"required":             []string{"city"},
		"additionalProperties": false,
	}
	personSchema = map[string]any{
		"type":                 "object",
		"properties":           map[string]any{"name": map[string]any{"type": "string"}, "age": map[string]any{"type": "integer"}},
		"required":             []string{"name", "age"},
		"additionalProperties": false,
	}
)

func report(client, what string, attempt func() (any, error)) {
	line := map[string]any{"client": client, "what": what}
	answer, err := attempt()
	if err != nil {
		line["failure"] = err.Error()
	} else {
		line["answer"] = answer
	}
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func weatherIn(arguments string) (string, error) {
	var given struct{ City string }
	err := json.Unmarshal([]byte(arguments), &given)
	return "21 degrees in " + given.City, err
}

func parsed(text string) (any, error) {
	var person map[string]any
	err := json.Unmarshal([]byte(text), &person)
	return person, err
}

func tryOpenAI() {
	client := openai.NewClient(option.WithBaseURL(url+"/v1/"), option.WithAPIKey(key), option.WithMaxRetries(0))
	ask := func(params openai.ChatCompletionNewParams) (*openai.ChatCompletion, error) {
		params.Model = model
		return client.Chat.Completions.New(ctx, params)
	}
	textOf := func(params openai.ChatCompletionNewParams) (string, error) {
		answer, err := ask(params)
		if err != nil {
			return "", err
		}
		return answer.Choices[0].Message.Content, nil
	}
	messages := func(text string) []openai.ChatCompletionMessageParamUnion {
		return []openai.ChatCompletionMessageParamUnion{openai.UserMessage(text)}
	}
	report("openai-go", "plain", func() (any, error) {
		return textOf(openai.ChatCompletionNewParams{Messages: messages(hello)})
	})
	report("openai-go", "stream", func() (any, error) {
		stream := client.Chat.Completions.NewStreaming(ctx, openai.ChatCompletionNewParams{Model: model, Messages: messages(hello)})
		said := ""
		for stream.Next() {
			for _, choice := range stream.Current().Choices {
				said += choice.Delta.Content
			}
		}
		return said, stream.Err()
	})
	report("openai-go", "tools", func() (any, error) {
		tool := openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{Name: "get_weather", Parameters: cityParameters})
		params := openai.ChatCompletionNewParams{Messages: messages(weather), Tools: []openai.ChatCompletionToolUnionParam{tool}}
		answer, err := ask(params)
		if err != nil {
			return nil, err
		}
		message := answer.Choices[0].Message
		params.Messages = append(params.Messages, message.ToParam())
		for _, call := range message.ToolCalls {
			said, err := weatherIn(call.Function.Arguments)
			if err != nil {
				return nil, err
			}
			params.Messages = append(params.Messages, openai.ToolMessage(said, call.ID))
		}
		params.Tools = nil
		return textOf(params)
	})
	report("openai-go", "structured", func() (any, error) {
		format := openai.ChatCompletionNewParamsResponseFormatUnion{
			OfJSONSchema: &openai.ResponseFormatJSONSchemaParam{
				JSONSchema: openai.ResponseFormatJSONSchemaJSONSchemaParam{Name: "person", Strict: param.NewOpt(true), Schema: personSchema},
			},
		}
		text, err := textOf(openai.ChatCompletionNewParams{Messages: messages(who), ResponseFormat: format})
		if err != nil {
			return nil, err
		}
		return parsed(text)
	})
}

func tryGoOpenAI() {
	config := sashabaranov.DefaultConfig(key)
	config.BaseURL = url + "/v1"
	client := sashabaranov.NewClientWithConfig(config)
	messages := func(text string) []sashabaranov.ChatCompletionMessage {
		return []sashabaranov.ChatCompletionMessage{{Role: "user", Content: text}}
	}
	ask := func(request sashabaranov.ChatCompletionRequest) (sashabaranov.ChatCompletionMessage, error) {
		request.Model = model
		answer, err := client.CreateChatCompletion(ctx, request)
		if err != nil {
			return sashabaranov.ChatCompletionMessage{}, err
		}
		return answer.Choices[0].Message, nil
	}
	report("go-openai", "plain", func() (any, error) {
		message, err := ask(sashabaranov.ChatCompletionRequest{Messages: messages(hello)})
		return message.Content, err
	})
	report("go-openai", "stream", func() (any, error) {
		stream, err := client.CreateChatCompletionStream(ctx, sashabaranov.ChatCompletionRequest{Model: model, Messages: messages(hello)})
		if err != nil {
			return nil, err
		}
		defer stream.Close()
		said := ""
		for {
			chunk, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return said, nil
			}
			if err != nil {
				return nil, err
			}
			for _, choice := range chunk.Choices {
				said += choice.Delta.Content
			}
		}
	})
	report("go-openai", "tools", func() (any, error) {
		function := &sashabaranov.FunctionDefinition{Name: "get_weather", Parameters: cityParameters}
		request := sashabaranov.ChatCompletionRequest{
			Messages: messages(weather),
			Tools:    []sashabaranov.Tool{{Type: sashabaranov.ToolTypeFunction, Function: function}},
		}
		message, err := ask(request)
		if err != nil {
			return nil, err
		}
		request.Messages = append(request.Messages, message)
		for _, call := range message.ToolCalls {
			said, err := weatherIn(call.Function.Arguments)
			if err != nil {
				return nil, err
			}
			request.Messages = append(request.Messages, sashabaranov.ChatCompletionMessage{Role: "tool", ToolCallID: call.ID, Content: said})
		}
		request.Tools = nil
		last, err := ask(request)
		return last.Content, err
	})
	report("go-openai", "structured", func() (any, error) {
		schema, _ := json.Marshal(personSchema)
		format := &sashabaranov.ChatCompletionResponseFormat{
			Type:       sashabaranov.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &sashabaranov.ChatCompletionResponseFormatJSONSchema{Name: "person", Strict: true, Schema: json.RawMessage(schema)},
		}
		message, err := ask(sashabaranov.ChatCompletionRequest{Messages: messages(who), ResponseFormat: format})
		if err != nil {
			return nil, err
		}
		return parsed(message.Content)
	})
}

func main() {
	tryOpenAI()
	tryGoOpenAI()
}
