using RecordingPlatform.Web.Sessions;

namespace RecordingPlatform.Web.ApiClient;

internal sealed partial class PlatformApi
{
    /// <summary>The names of the sources of what the reader sees.</summary>
    public Task<Answer<SourceList>> ListSourcesAsync(CancellationToken ct) => GetAsync<SourceList>("api/v1/recordings/sources", ct);

    public Task<Answer<SavedFilterList>> ListFiltersAsync(CancellationToken ct) => GetAsync<SavedFilterList>("api/v1/me/filters", ct);

    /// <summary>409 when the reader has one of that name, or too many.</summary>
    public Task<Answer<SavedFilter>> SaveFilterAsync(string name, string query, CancellationToken ct) =>
        PostAsync<SavedFilter>("api/v1/me/filters", new { name, query }, ct);

    public Task<Answer<Done>> DeleteFilterAsync(Guid id, CancellationToken ct) =>
        SendAsync<Done>(new(HttpMethod.Delete, $"api/v1/me/filters/{id}"), ct);

    /// <summary>The originals of these recordings as a ZIP, while it is made; it may break at any time with an <see cref="IOException"/>.</summary>
    public async Task<Answer<ExportStream>> OpenExportAsync(IReadOnlyList<Guid> ids, CancellationToken ct)
    {
        const string path = "api/v1/recordings/export";
        using var request = new HttpRequestMessage(HttpMethod.Get, WithQuery(path, ("ids", string.Join(',', ids))));
        if (SessionCookie.HandleOf(context.HttpContext) is { } handle)
            request.Headers.Add(SessionHeader, handle);
        try
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            if (response.IsSuccessStatusCode)
                return new ExportStream(await response.Content.ReadAsStreamAsync(ct), response.Content.Headers.ContentDisposition?.FileName?.Trim('"') ?? "recordings.zip");
            using (response)
                return await ApiProblem.ReadAsync(response, clock, ct);
        }
        catch (Exception failure) when (IsOutage(failure, ct))
        {
            Log.Unreachable(logger, failure, request.Method.Method, path);
            return ApiProblem.Unreachable;
        }
    }
}

/// <param name="Content">The archive's bytes.</param>
/// <param name="FileName">What to save it as.</param>
internal sealed record ExportStream(Stream Content, string FileName);

public sealed record SourceList
{
    public required IReadOnlyList<string> Sources { get; init; }
}

public sealed record SavedFilterList
{
    public required IReadOnlyList<SavedFilter> Filters { get; init; }
}

public sealed record SavedFilter
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    /// <summary>As the list's address has it.</summary>
    public required string Query { get; init; }
}
