import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.StructuredChatCompletionCreateParams;
import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.UserMessage;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Drives the gateway with Java's clients. Arguments: url, key, model. Prints a line of JSON for each try. */
public class Drive {
  static final String HELLO = "Say hello.";
  static final String WEATHER = "What is the weather in Oslo?";
  static final String WHO = "Who wrote the first program?";

  public record Person(String name, int age) {}

  /** As openai-java reads a schema out of a class: by its public fields. */
  public static class Author {
    public String name;
    public int age;
  }

  interface Attempt {
    Object run() throws Exception;
  }

  static final com.fasterxml.jackson.databind.ObjectMapper JSON = new com.fasterxml.jackson.databind.ObjectMapper();

  static void report(String client, String what, Attempt attempt) throws Exception {
    Map<String, Object> line = new java.util.LinkedHashMap<>(Map.of("client", client, "what", what));
    try {
      line.put("answer", attempt.run());
    } catch (Throwable failure) {
      line.put("failure", String.valueOf(failure));
    }
    System.out.println(JSON.writeValueAsString(line));
  }

  static void tryOpenAi(String url, String key, String model) throws Exception {
    OpenAIClient client = OpenAIOkHttpClient.builder().baseUrl(url + "/v1").apiKey(key).maxRetries(0).build();
    ChatCompletionCreateParams hello = ChatCompletionCreateParams.builder().model(model).addUserMessage(HELLO).build();
    report("openai-java", "plain", () -> textOf(client.chat().completions().create(hello)));
    report("openai-java", "stream", () -> {
      try (var chunks = client.chat().completions().createStreaming(hello)) {
        return chunks.stream()
            .flatMap(chunk -> chunk.choices().stream())
            .flatMap(choice -> choice.delta().content().stream())
            .collect(Collectors.joining());
      }
    });
    report("openai-java", "structured", () -> {
      StructuredChatCompletionCreateParams<Author> params = ChatCompletionCreateParams.builder()
          .model(model)
          .addUserMessage(WHO)
          .responseFormat(Author.class)
          .build();
      Author author = client.chat().completions().create(params).choices().get(0).message().content().orElseThrow();
      return Map.of("name", author.name, "age", author.age);
    });
  }

  static String textOf(ChatCompletion answer) {
    return answer.choices().get(0).message().content().orElse("");
  }

  static class WeatherTool {
    @Tool("Get the current weather of a city")
    String get_weather(@P("The city") String city) {
      return "21 degrees in " + city;
    }
  }

  interface Assistant {
    String ask(@UserMessage String question);
  }

  interface Historian {
    Person ask(@UserMessage String question);
  }

  static void tryLangChain4j(String url, String key, String model) throws Exception {
    // Its default HTTP client is the JDK's, which asks for HTTP/2 first.
    OpenAiChatModel chat = OpenAiChatModel.builder().baseUrl(url + "/v1").apiKey(key).modelName(model).maxRetries(0).build();
    report("langchain4j", "plain", () -> chat.chat(HELLO));
    report("langchain4j", "stream", () -> {
      var streaming = OpenAiStreamingChatModel.builder().baseUrl(url + "/v1").apiKey(key).modelName(model).build();
      CompletableFuture<String> said = new CompletableFuture<>();
      StringBuilder text = new StringBuilder();
      streaming.chat(HELLO, new StreamingChatResponseHandler() {
        @Override
        public void onPartialResponse(String piece) {
          text.append(piece);
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
          said.complete(text.toString());
        }

        @Override
        public void onError(Throwable error) {
          said.completeExceptionally(error);
        }
      });
      return said.get(60, TimeUnit.SECONDS);
    });
    report("langchain4j", "tools", () ->
        AiServices.builder(Assistant.class).chatModel(chat).tools(new WeatherTool()).build().ask(WEATHER));
    report("langchain4j", "structured", () -> {
      var strict = OpenAiChatModel.builder()
          .baseUrl(url + "/v1")
          .apiKey(key)
          .modelName(model)
          .supportedCapabilities(dev.langchain4j.model.chat.Capability.RESPONSE_FORMAT_JSON_SCHEMA)
          .strictJsonSchema(true)
          .build();
      Person person = AiServices.builder(Historian.class).chatModel(strict).build().ask(WHO);
      return Map.of("name", person.name(), "age", person.age());
    });
  }

  public static void main(String[] args) throws Exception {
    tryOpenAi(args[0], args[1], args[2]);
    tryLangChain4j(args[0], args[1], args[2]);
    // The clients' threads would keep the program alive for a minute.
    System.exit(0);
  }
}
