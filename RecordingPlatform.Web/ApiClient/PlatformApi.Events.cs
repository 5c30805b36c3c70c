using System.Net.Http.Headers;

namespace RecordingPlatform.Web.ApiClient;

internal sealed partial class PlatformApi
{
    /// <summary>The API's stream of events for this browser's session, as bytes; it may break at any time with an <see cref="IOException"/>.</summary>
    /// <param name="lastSeen">The number of the last event seen; null for those from now on.</param>
    /// <param name="ct">Ends the stream.</param>
    public async Task<Answer<Stream>> OpenEventsAsync(string? lastSeen, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, WithQuery("api/v1/events", ("last_event_id", lastSeen)));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        SpeakForVisitor(request);
        try
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            if (response.IsSuccessStatusCode)
                return await response.Content.ReadAsStreamAsync(ct);
            using (response)
                return await ApiProblem.ReadAsync(response, clock, ct);
        }
        catch (Exception failure) when (IsOutage(failure, ct))
        {
            Log.Unreachable(logger, failure, request.Method.Method, "api/v1/events");
            return ApiProblem.Unreachable;
        }
    }
}
