using RecordingPlatform.AppHost.Local;

namespace Aspire.Hosting.ApplicationModel
{
    public interface IResource
    {
        string Name { get; }
    }

    public interface IResourceWithEnvironment : IResource;

    public interface IResourceWithArgs : IResource;

    public interface IResourceWithEndpoints : IResource;

    public interface IResourceWithWaitSupport : IResource;

    public interface IComputeResource : IResource;

    public interface IResourceWithConnectionString : IResource, IValueProvider, IManifestExpressionProvider;

    /// <summary>A value that is known once the resources have their ports and passwords.</summary>
    public interface IValueProvider
    {
        ValueTask<string?> GetValueAsync(CancellationToken cancellationToken);
    }

    /// <summary>Marks what may stand in a <see cref="ReferenceExpression"/>.</summary>
    public interface IManifestExpressionProvider;

    /// <summary>What the local engine remembers of a resource while the picture is being drawn.</summary>
    public abstract class Resource : IResource
    {
        private protected Resource(string name) => Name = name;

        public string Name { get; }

        internal List<Endpoint> Endpoints { get; } = [];

        internal List<(string Name, Func<CancellationToken, ValueTask<string?>> Value)> Environment { get; } = [];

        /// <summary>Services whose addresses it is told.</summary>
        internal List<Resource> References { get; } = [];

        internal List<string> Arguments { get; } = [];

        internal List<Wait> Waits { get; } = [];

        internal HttpProbe? Health { get; set; }

        /// <summary>The resource whose process stands behind this one: a database is served by its server.</summary>
        internal virtual Resource Process => this;

        /// <summary>How the resource becomes a process, or null when it is only a value or a name.</summary>
        internal virtual LocalProgram? Program => null;

        /// <summary>A resource that listens is kept running; one that does not runs to its end.</summary>
        internal bool IsService => Endpoints.Count > 0;
    }

    public sealed class ProjectResource : Resource,
        IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport, IComputeResource
    {
        internal ProjectResource(string name, string projectPath)
            : base(name) => Program = new ProjectProgram(this, projectPath);

        internal override LocalProgram Program { get; }
    }

    public sealed class ExecutableResource : Resource,
        IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport, IComputeResource
    {
        internal ExecutableResource(string name, string command, string workingDirectory)
            : base(name) => Program = new ExecutableProgram(this, command, workingDirectory);

        internal override LocalProgram Program { get; }
    }

    public sealed class ConnectionStringResource : Resource, IResourceWithConnectionString
    {
        readonly ReferenceExpression _expression;

        internal ConnectionStringResource(string name, ReferenceExpression expression)
            : base(name) => _expression = expression;

        public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => _expression.GetValueAsync(cancellationToken);
    }
}

namespace Aspire.Hosting
{
    public interface IResourceWithServiceDiscovery : ApplicationModel.IResourceWithEndpoints;

    public interface IProjectMetadata
    {
        string ProjectPath { get; }
    }
}
