import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Collectors;

/** Asks the gateway with Java's own HTTP client, as it is without any settings: it prefers HTTP/2, and says so by `Upgrade: h2c`. */
public class AskWithDefaults {
  public static void main(String[] args) throws Exception {
    String url = args[0];
    String key = args[1];
    String small = body("Hi", false);
    String large = body("x".repeat(300_000), false);
    HttpClient client = HttpClient.newHttpClient();
    report("one packet", send(client, url, key, BodyPublishers.ofString(small)));
    report("the next request", send(client, url, key, BodyPublishers.ofString(small)));
    report("several packets", send(HttpClient.newHttpClient(), url, key, BodyPublishers.ofString(large)));
    report("chunked", send(HttpClient.newHttpClient(), url, key, chunked(large)));
    report("a stream", stream(HttpClient.newHttpClient(), url, key));
  }

  static String body(String text, boolean stream) {
    return "{\"model\":\"scripted\",\"stream\":" + stream + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";
  }

  static BodyPublisher chunked(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes));
  }

  static HttpRequest post(String url, String key, BodyPublisher body) {
    return HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
        .timeout(Duration.ofSeconds(60))
        .header("authorization", "Bearer " + key)
        .header("content-type", "application/json")
        .POST(body)
        .build();
  }

  static String send(HttpClient client, String url, String key, BodyPublisher body) throws Exception {
    var response = client.send(post(url, key, body), BodyHandlers.ofString());
    return response.version() + " " + response.statusCode() + " " + response.body();
  }

  static String stream(HttpClient client, String url, String key) throws Exception {
    var response = client.send(post(url, key, BodyPublishers.ofString(body("Hi", true))), BodyHandlers.ofLines());
    return response.version() + " " + response.statusCode() + " " + response.body().collect(Collectors.joining());
  }

  static void report(String what, String answer) {
    System.out.println(what + ": " + answer);
  }
}
