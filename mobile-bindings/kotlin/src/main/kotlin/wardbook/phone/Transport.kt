package wardbook.phone

import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.time.Duration
import kotlinx.coroutines.future.await
import wardbook.core.Request

/** What the server answered, whatever its status. */
class Answer(val status: Int, val body: ByteArray)

/** Carries requests to the server and its answers back. */
fun interface Transport {
    /** Throws where no answer came. The same request may be sent again. */
    @Throws(IOException::class)
    suspend fun send(request: Request): Answer
}

/** HTTP by the JDK's own client. */
class HttpTransport(
    private val server: URI,
    /** The server may hold an answer back for its outcome. */
    private val patience: Duration = Duration.ofSeconds(60),
    private val client: HttpClient = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build(),
) : Transport {
    override suspend fun send(request: Request): Answer {
        val http = HttpRequest.newBuilder(server.resolve(request.path))
            .timeout(patience)
            .method(request.method, HttpRequest.BodyPublishers.ofByteArray(request.body))
        request.headers.forEach { (name, value) -> http.header(name, value) }
        http.header("idempotency-key", request.idempotencyKey)
        // A coroutine that is cancelled cancels the exchange.
        val answer = client.sendAsync(http.build(), HttpResponse.BodyHandlers.ofByteArray()).await()
        return Answer(answer.statusCode(), answer.body())
    }
}
