using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Sessions;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Sources;

/// <summary>One source: how it is doing, how it is set up, its secrets, its test and its last reports.</summary>
[Authorize(Permission.SourcesRead)]
public sealed partial class SourcePage
{
    const int ReportsAtOnce = 20;

    [Inject] PlatformApi Api { get; set; } = null!;

    [CascadingParameter] public required HttpContext Context { get; set; }
    [Parameter] public Guid Id { get; set; }

    [SupplyParameterFromForm(FormName = "settings")] public SourceInput? Form { get; set; }
    [SupplyParameterFromForm(FormName = "webhook-secret", Name = "Secrets")] public SecretsInput? Webhook { get; set; }
    [SupplyParameterFromForm(FormName = "ssh-key", Name = "Secrets")] public SecretsInput? Ssh { get; set; }
    [SupplyParameterFromForm(FormName = "s3-keys", Name = "Secrets")] public SecretsInput? S3 { get; set; }
    [SupplyParameterFromForm(FormName = "cameras", Name = "Secrets")] public SecretsInput? Camera { get; set; }

    /// <summary>The page refreshes itself after an event, or while a test runs.</summary>
    [SupplyParameterFromQuery] public string? Live { get; set; }
    /// <summary>What the redirect behind a form has to tell.</summary>
    [SupplyParameterFromQuery] public string? Done { get; set; }
    /// <summary>The test whose findings are shown.</summary>
    [SupplyParameterFromQuery] public string? Test { get; set; }
    /// <summary>Why there was no test: the API's code.</summary>
    [SupplyParameterFromQuery] public string? Failed { get; set; }
    /// <summary>Where the page of reports begins.</summary>
    [SupplyParameterFromQuery] public string? Cursor { get; set; }

    readonly Refusals _refusals = new();
    ConnectedSource? _source;
    ApiProblem? _problem;
    SourceReports? _reports;
    ApiProblem? _reportsProblem;
    SourceTest? _test;
    string? _newSecret;

    public static string PathOf(Guid source) => $"{SourcesPage.Path}/{source}";

    protected override async Task OnInitializedAsync()
    {
        var ct = Context.RequestAborted;
        var (asked, listed) = (Api.GetSourceAsync(Id, Live is not null, ct), Api.ListReportsAsync(Id, Cursor, ReportsAtOnce, Live is not null, ct));
        var tested = Guid.TryParse(Test, out var test) ? await Api.GetTestAsync(Id, test, ct) : (Answer<SourceTest>?)null;
        var (source, reports) = (await asked, await listed);
        // All at once: the page may be drawn at every await, and nothing of it stands without the rest.
        (_source, _problem, _reports, _reportsProblem, _test) = (source.Value, source.Problem, reports.Value, reports.Problem, tested?.Value);
        if (tested is { Succeeded: false } failed)
            Failed ??= failed.Problem!.ToTell;
        if (_source is not null)
            Form ??= SourceInput.Of(_source);
        // The error page for this status is drawn in place of this one.
        if (_problem is { Status: StatusCodes.Status404NotFound })
            Context.Response.StatusCode = StatusCodes.Status404NotFound;
    }

    bool MayManage => Context.User.HasClaim(PortalSessionHandler.PermissionClaim, Permission.SourcesManage);

    SourceKind Kind => SourceKind.Of(_source!.Kind);

    string? Told => Done switch
    {
        "created" => "The source is connected. Next it needs a secret for its reports; then test it.",
        "settings" => "The settings are saved. They hold from the next report on.",
        "previous" => "The previous secret has ended: only the newest one signs now.",
        "ssh-generate" => "A new key is made. Put its public line on the other machine; until then nothing is fetched.",
        "secrets" => "The secrets are saved.",
        "cleared" => "The secret is taken away.",
        _ => null,
    };

    async Task SaveAsync()
    {
        if (_source is null)
            return;
        var change = Form!.ForApi(Kind, _refusals);
        if (_refusals.Any)
        {
            Context.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            return;
        }
        var answer = await Api.ChangeSourceAsync(Id, change, Context.RequestAborted);
        if (answer.Succeeded)
            Context.Response.Redirect($"{PathOf(Id)}?done=settings");
        else
            Refuse(answer.Problem, SourceInput.Fields);
    }

    async Task ChangeWebhookSecretAsync()
    {
        if (Webhook?.Does == "end-previous")
        {
            var ended = await Api.EndPreviousSecretAsync(Id, Context.RequestAborted);
            if (ended.Succeeded)
                Context.Response.Redirect($"{PathOf(Id)}?done=previous");
            else
                Refuse(ended.Problem, "WebhookSecret");
            return;
        }
        var given = QueryText.Given(Webhook?.Key);
        if (Webhook?.Does == "set" && given is null)
        {
            await Refuse("WebhookSecret", "Write the secret, or let the platform make one.");
            return;
        }
        var answer = await Api.ChangeSecretsAsync(Id, new JsonObject { ["webhook_secret"] = Webhook?.Does == "set" ? given : "generate" }, Context.RequestAborted);
        if (!answer.Succeeded)
        {
            Refuse(answer.Problem, "WebhookSecret");
            return;
        }
        if (answer.Value.WebhookSecret is null)
        {
            Context.Response.Redirect($"{PathOf(Id)}?done=secrets");
            return;
        }
        // Shown here and never again, so there is no redirect to a page that could be opened once more.
        _newSecret = answer.Value.WebhookSecret;
        _source = _source is null ? null : _source with { Secrets = answer.Value };
    }

    Task ChangeSshKeyAsync() => Ssh switch
    {
        { Does: "generate" } => ChangeAsync(new() { ["ssh_private_key"] = "generate" }, "ssh-generate", "SshKey"),
        { Does: "clear" } => ChangeAsync(new() { ["ssh_private_key"] = null }, "cleared", "SshKey"),
        { Key: var key } when QueryText.Given(key) is { } given => ChangeAsync(new() { ["ssh_private_key"] = given.ReplaceLineEndings("\n") + "\n" }, "secrets", "SshKey"),
        _ => Refuse("SshKey", "Paste the private key, or let the platform make one."),
    };

    Task ChangeS3KeysAsync() => S3 switch
    {
        { Does: "clear" } => ChangeAsync(new() { ["s3_access_key"] = null, ["s3_secret_key"] = null }, "cleared", "S3Keys"),
        { AccessKey: { } access, SecretKey: { } secret } when QueryText.Given(access) is not null && QueryText.Given(secret) is not null =>
            ChangeAsync(new() { ["s3_access_key"] = access.Trim(), ["s3_secret_key"] = secret.Trim() }, "secrets", "S3Keys"),
        _ => Refuse("S3Keys", "Fill in both keys."),
    };

    Task ChangeCameraAsync()
    {
        if (Camera?.Camera is not { Length: > 0 } camera)
            return Refuse("CameraCredentials", "Choose a camera.");
        var given = QueryText.Given(Camera.Credentials);
        return Camera.Does == "clear" || given is not null
            ? ChangeAsync(new() { ["camera_credentials"] = new JsonObject { [camera] = Camera.Does == "clear" ? null : given } }, Camera.Does == "clear" ? "cleared" : "secrets", "CameraCredentials")
            : Refuse("CameraCredentials", "Write user and password as user:password.");
    }

    async Task ChangeAsync(JsonObject secrets, string done, string field)
    {
        var answer = await Api.ChangeSecretsAsync(Id, secrets, Context.RequestAborted);
        if (answer.Succeeded)
            Context.Response.Redirect($"{PathOf(Id)}?done={done}");
        else
            Refuse(answer.Problem, field);
    }

    void Refuse(ApiProblem problem, params ReadOnlySpan<string> fields)
    {
        Context.Response.StatusCode = problem.Status == StatusCodes.Status404NotFound ? StatusCodes.Status410Gone : problem.Status;
        _refusals.Add(problem, fields);
    }

    Task Refuse(string field, string why)
    {
        Context.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        _refusals.Add(field, why);
        return Task.CompletedTask;
    }
}
