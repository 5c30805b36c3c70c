using Microsoft.Extensions.Configuration;

namespace RecordingPlatform.AppHost.Local;

/// <summary>Collects the resources of the picture, and the place they will run in.</summary>
internal sealed class LocalBuilder : IDistributedApplicationBuilder
{
    public LocalBuilder(RunOptions options)
    {
        Options = options;
        // bin/Release/net10.0 of the project: the layout is asked, not the path at build time, so that a moved clone works.
        AppHostDirectory = Path.GetFullPath("../../..", AppContext.BaseDirectory);
        Data = options.Data ?? Path.GetFullPath("../.data", AppHostDirectory);
        Secrets = new(Path.Combine(Data, "secrets.json"));
        Configuration = new();
        Configuration.AddEnvironmentVariables();
        Configuration.AddInMemoryCollection(options.ToConfiguration(Data));
    }

    public RunOptions Options { get; }

    public string Data { get; }

    public SecretsFile Secrets { get; }

    public List<Resource> Resources { get; } = [];

    public Terminal Terminal { get; set; } = Terminal.ForConsole();

    public ConfigurationManager Configuration { get; }

    public string AppHostDirectory { get; }

    public DistributedApplicationExecutionContext ExecutionContext { get; } = new();

    public DistributedApplication Build() => new(this);
}

internal static class LocalBuilderExtensions
{
    public static LocalBuilder Local(this IDistributedApplicationBuilder builder) => (LocalBuilder)builder;

    public static IResourceBuilder<T> Add<T>(this IDistributedApplicationBuilder builder, T resource)
        where T : Resource
    {
        var resources = builder.Local().Resources;
        if (resource.Program is not null && resources.Any(r => r.Program is not null && r.Name == resource.Name))
        {
            throw new InvalidOperationException($"There is already a resource named {resource.Name}.");
        }

        resources.Add(resource);
        return builder.Wrap(resource);
    }

    public static IResourceBuilder<T> Wrap<T>(this IDistributedApplicationBuilder builder, T resource)
        where T : IResource => new ResourceBuilder<T>(builder, resource);

    sealed class ResourceBuilder<T>(IDistributedApplicationBuilder builder, T resource) : IResourceBuilder<T>
        where T : IResource
    {
        public IDistributedApplicationBuilder ApplicationBuilder => builder;

        public T Resource => resource;
    }
}
