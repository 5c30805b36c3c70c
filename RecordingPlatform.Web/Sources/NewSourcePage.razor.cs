using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Sources;

/// <summary>Connects a source: first of which kind, then how.</summary>
[Authorize(Permission.SourcesManage)]
public sealed partial class NewSourcePage
{
    public const string Path = "/sources/new";

    [Inject] PlatformApi Api { get; set; } = null!;
    [Inject] Appearance Looks { get; set; } = null!;

    [CascadingParameter] public required HttpContext Context { get; set; }
    [SupplyParameterFromQuery] public string? Kind { get; set; }
    [SupplyParameterFromForm(FormName = "new-source")] public SourceInput? Form { get; set; }

    readonly Refusals _refusals = new();

    SourceKind? Chosen => SourceKind.Connectable.FirstOrDefault(k => k.Name == Kind);

    protected override void OnInitialized() => Form ??= SourceInput.Fresh(Looks.Zone);

    async Task ConnectAsync()
    {
        if (Chosen is not { } kind)
            return;
        var source = Form!.ForApi(kind, _refusals);
        source["name"] = Form.Name?.Trim() ?? "";
        source["kind"] = kind.Name;
        if (_refusals.Any)
        {
            Context.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            return;
        }
        var answer = await Api.CreateSourceAsync(source, Context.RequestAborted);
        if (answer.Succeeded)
        {
            Context.Response.Redirect($"{SourcePage.PathOf(answer.Value.Id)}?done=created");
            return;
        }
        Context.Response.StatusCode = answer.Problem.Status;
        _refusals.Add(answer.Problem, SourceInput.Fields);
    }
}
